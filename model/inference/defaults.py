"""How a reaction is sampled unless the user says otherwise. Needs no torch."""

SAMPLES = 40
# More steps change the deterministic TS little and draw the others towards it; see docs/model.md.
STEPS = 1
