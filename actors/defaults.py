"""What a user gets who asks for nothing else."""

DEFAULT_LEVEL = "gfn2-xtb"
