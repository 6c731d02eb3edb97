"""What became of a reaction that was not rejected."""

from enum import StrEnum


class Status(StrEnum):
    """Where a result row's transition state comes from."""

    GENERATED = "generated"
    REFINED = "refined"
    XTB = "xtb"
    FAILED = "failed"
