"""Which results a ranking believes first."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.caution import Caution
from tscreen.schemas.status import Status

NEEDED = (c.WARNINGS, c.STATUS, c.VERIFIED)

FLAGGED = pl.col(c.WARNINGS).list.len().fill_null(0) > 0

FAILED = pl.col(c.STATUS) == Status.FAILED
VERIFIED = pl.col(c.VERIFIED).fill_null(False)

SOUND = ~FLAGGED & ~FAILED
"""What figures of a whole run count: a value that cannot be, or of a failed row, is none."""


def doubt(flagged: pl.Expr = FLAGGED) -> pl.Expr:
    """Grows from what was verified over what nobody has checked and failed to flagged ones."""
    return (
        pl.when(flagged)
        .then(pl.lit(3, pl.Int32))
        .when(FAILED)
        .then(pl.lit(2, pl.Int32))
        .when(VERIFIED)
        .then(pl.lit(0, pl.Int32))
        .otherwise(pl.lit(1, pl.Int32))
    )


CODES = pl.when(FLAGGED).then(pl.col(c.WARNINGS).list.join(", "))
"""The warnings of a result as text, null where it has none."""

SUBMERGED = (
    VERIFIED
    & (pl.col(c.GIBBS_BARRIER) > 0).fill_null(False)
    & (CODES == Caution.NEGATIVE_BARRIER).fill_null(False)
)
"""A saddle point below molecules that attract each other, and above them by Gibbs energy: of all
that warnings tell this alone is no reason to doubt a Gibbs barrier."""
