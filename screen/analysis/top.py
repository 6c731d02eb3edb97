"""The best reactions of a run."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.analysis.estimates import HEADLINE
from tscreen.screen.analysis.trust import CODES, doubt
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import LocationLike

SHOWN = (
    c.REACTION_ID,
    c.STATUS,
    c.BARRIER_ML,
    c.BARRIER_ML_LOW,
    c.BARRIER_ML_HIGH,
    c.BARRIER_ML_LEVEL,
    c.BARRIER,
    c.REACTION_ENERGY,
    c.EXPECTED_RMSD,
    c.P_GOOD,
    c.VERIFIED,
    c.WARNINGS,
    c.ENERGY_LEVEL,
)
MORE_IS_BETTER = {c.P_GOOD, c.RATE_CONSTANT, c.LOG10_RATE_LOW, c.LOG10_RATE_HIGH}


def best(out: LocationLike, by: str, n: int) -> pl.DataFrame:
    """The best reactions by one column: its lowest values, or the highest of `p_good` and of rates.

    The predicted barrier is null where its level of theory is not known: it compares with no other.
    Verified ones come first, then those that nobody has checked, failed ones, flagged ones.

    Args:
        out: folder of a run.
        by: a column of the results or a tag; rows without a value come last of all.
        n: how many.

    Returns:
        The columns that matter to a reader, `by` among them; `warnings` as text.

    Raises:
        UsageError: the folder holds no results, or they have no such column.
    """
    rows = read_results(out).with_columns(HEADLINE)
    schema = rows.collect_schema()
    scalars = [name for name, dtype in schema.items() if not dtype.is_nested()]
    if by not in scalars:
        raise UsageError(f"there is no column '{by}' to rank by; choose from {', '.join(scalars)}")
    if schema[by].is_float():
        rows = rows.with_columns(pl.col(by).fill_nan(None))
    chosen = [*SHOWN, *([] if by in SHOWN else [by])]
    return in_order(rows, by).head(n).with_columns(CODES.alias(c.WARNINGS)).select(chosen).collect()


def in_order(rows: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """Results, the best by one column first, as `best` tells."""
    return rows.sort(
        [pl.col(by).is_null(), doubt(), by, pl.col(c.BARRIER).fill_nan(None), c.REACTION_ID],
        descending=[False, False, by in MORE_IS_BETTER, False, False],
        nulls_last=True,
    )
