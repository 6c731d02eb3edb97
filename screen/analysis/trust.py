"""Which results a ranking believes first."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status

NEEDED = (c.WARNINGS, c.STATUS, c.VERIFIED)

FLAGGED = pl.col(c.WARNINGS).list.len().fill_null(0) > 0

FAILED = pl.col(c.STATUS) == Status.FAILED
VERIFIED = pl.col(c.VERIFIED).fill_null(False)

SOUND = ~FLAGGED & ~FAILED
"""What figures of a whole run count: a value that cannot be, or of a failed row, is none."""

DOUBT = (
    pl.when(FLAGGED)
    .then(pl.lit(3, pl.Int32))
    .when(FAILED)
    .then(pl.lit(2, pl.Int32))
    .when(VERIFIED)
    .then(pl.lit(0, pl.Int32))
    .otherwise(pl.lit(1, pl.Int32))
)
"""Verified ones come first, then those that nobody has checked, failed ones, flagged ones."""

CODES = pl.when(FLAGGED).then(pl.col(c.WARNINGS).list.join(", "))
"""The warnings of a result as text, null where it has none."""
