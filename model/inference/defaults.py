"""How a reaction is sampled, and unless the user says otherwise. Needs no torch."""

from dataclasses import dataclass

# More are no better, and their candidates hardly more different; see docs/model.md.
SAMPLES = 10
# More steps change the deterministic TS little and draw the others towards it; see docs/model.md.
STEPS = 1


@dataclass(frozen=True)
class Sampling:
    """How a reaction is sampled.

    Attributes:
        n_samples: of each reaction.
        steps: of each sample from its prior to the TS.
        seed: with a reaction's id it decides its samples.
    """

    n_samples: int = SAMPLES
    steps: int = STEPS
    seed: int = 0
