"""What a user gets who asks for nothing else."""

MODEL_LEVEL = "gfn2-xtb"
"""Whose energies the assessor has learnt from, and what the correction is added to."""

DEFAULT_LEVEL = MODEL_LEVEL

TIMEOUT_S = 60.0
"""Processor seconds for one reaction's saddle search."""
