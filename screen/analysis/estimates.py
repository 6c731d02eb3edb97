"""By which number a candidate is ranked, how sure it is, and at which level of theory it stands."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.analysis.measures import By

VALUE, LOW, HIGH, LEVEL = "value", "low", "high", "level"
Estimate = tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]
"""VALUE, its 90 % interval LOW to HIGH, and LEVEL."""

NOTHING = pl.lit(None, pl.Float64)
MAJORITY = 0.5

UNITS = {
    By.BARRIER: "barrier, kcal/mol",
    By.GIBBS: "Gibbs barrier, kcal/mol",
    By.RATE: "log10 of the rate constant in 1/s",
}

PREDICTED: Estimate = (
    pl.col(c.BARRIER_ML),
    pl.col(c.BARRIER_ML_LOW),
    pl.col(c.BARRIER_ML_HIGH),
    pl.col(c.BARRIER_ML_LEVEL),
)
COMPUTED: Estimate = (pl.col(c.BARRIER), NOTHING, NOTHING, pl.col(c.ENERGY_LEVEL))
"""The error of a single GFN2-xTB energy is not known, so it has no interval."""
GIBBS: Estimate = (pl.col(c.GIBBS_BARRIER), NOTHING, NOTHING, pl.col(c.ENERGY_LEVEL))
RATE: Estimate = (
    pl.col(c.RATE_CONSTANT).log10(),
    pl.col(c.LOG10_RATE_LOW),
    pl.col(c.LOG10_RATE_HIGH),
    pl.col(c.BARRIER_ML_LEVEL),
)


def with_estimates(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    """Add VALUE, LOW, HIGH and LEVEL to the results of one template.

    A barrier is the predicted one, unless the weights know no level of theory for half of the
    reactions or more: then it is GFN2-xTB's for all of them, which can be compared.
    """
    if by is By.GIBBS:
        return _added(rows, GIBBS)
    if by is By.RATE:
        return _added(rows, RATE)
    predicted = _added(rows, PREDICTED)
    known = predicted.filter(pl.col(VALUE).is_not_null()).height
    return predicted if known > MAJORITY * rows.height else _added(rows, COMPUTED)


def common_level(rows: pl.DataFrame) -> str | None:
    """The level of theory at which most values stand; only values at one level can be compared."""
    levels = rows.filter(pl.col(VALUE).is_not_null())[LEVEL].value_counts(sort=True)
    return levels.sort("count", LEVEL, descending=[True, False])[LEVEL][0] if len(levels) else None


def _added(rows: pl.DataFrame, estimate: Estimate) -> pl.DataFrame:
    *numbers, level = estimate
    columns = [
        number.cast(pl.Float64).fill_nan(None).alias(name)
        for number, name in zip(numbers, (VALUE, LOW, HIGH), strict=True)
    ]
    rows = rows.with_columns(*columns, level.alias(LEVEL))
    known = pl.col(LEVEL).is_not_null() & pl.col(VALUE).is_finite()
    # An interval without end is that of a level which nothing has calibrated.
    return rows.with_columns(
        pl.when(known & pl.col(n).is_finite()).then(pl.col(n)).alias(n) for n in (VALUE, LOW, HIGH)
    )
