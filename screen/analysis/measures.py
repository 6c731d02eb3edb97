"""What candidates are ranked by, apart from what computes it: `--help` needs no more."""

from enum import StrEnum


class By(StrEnum):
    """What candidates are ranked by."""

    BARRIER = "barrier"
    GIBBS = "gibbs"
    RATE = "rate"


TOP_K = 3
"""How many candidates are the best, unless told."""
