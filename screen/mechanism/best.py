"""By what routes are compared."""

from enum import StrEnum


class Best(StrEnum):
    """What makes a route better than another."""

    BARRIER = "barrier"
    """The highest TS on the way lies lower, above where the route begins."""
    RATE = "rate"
    """It is through sooner, from the first molecule to the last."""
