"""What a user gets who asks for nothing else."""

DEFAULT_LEVEL = "gfn2-xtb"

TIMEOUT_S = 60.0
"""Processor seconds for one reaction's saddle search."""
