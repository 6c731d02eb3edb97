"""By which number a candidate is ranked, how sure it is, and at which level of theory it stands."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.screen.analysis.measures import By
from tscreen.screen.analysis.trust import FAILED, SOUND, VERIFIED

VALUE, LOW, HIGH, LEVEL = "value", "low", "high", "level"
Estimate = tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]
"""VALUE, its 90 % interval LOW to HIGH, and LEVEL."""

NOTHING = pl.lit(None, pl.Float64)
MAJORITY = 0.5
HAS_VALUE = pl.col(VALUE).is_not_null() & ~FAILED

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

_LEARNT = pl.when(pl.col(c.STATUS) == Status.REFINED).then(pl.col(c.GIBBS_BARRIER))
GIBBS: Estimate = (
    pl.col(c.GIBBS_BARRIER),
    _LEARNT + pl.col(c.BARRIER_ML_LOW) - pl.col(c.BARRIER_ML),
    _LEARNT + pl.col(c.BARRIER_ML_HIGH) - pl.col(c.BARRIER_ML),
    pl.col(c.ENERGY_LEVEL),
)
"""On the corrected surface the predicted barrier is that of the same saddle point, and so is its
error, whichever of the levels that the surface was learnt from it stands at."""

_KNOWN = pl.when(pl.col(c.BARRIER_ML_LEVEL).str.ends_with(c.WITH_ZERO_POINT))
THERMAL = pl.col(c.GIBBS_BARRIER) - _KNOWN.then(pl.col(c.ENTHALPY_BARRIER)).otherwise(
    pl.col(c.BARRIER)
)
"""From a predicted barrier to a Gibbs barrier. Where the zero-point energy is in already, that is
the entropy alone; the heat content from 0 K, about 1 kcal/mol where molecules meet, is left out."""

GIBBS_PREDICTED: Estimate = (
    pl.col(c.BARRIER_ML) + THERMAL,
    pl.col(c.BARRIER_ML_LOW) + THERMAL,
    pl.col(c.BARRIER_ML_HIGH) + THERMAL,
    pl.format("{}; Gibbs correction {}", c.BARRIER_ML_LEVEL, c.ENERGY_LEVEL),
)
"""The predicted barrier with the thermal part of the saddle point that was found. The interval is
that of the barrier, next to whose error that of the thermal part is small."""

RATE: Estimate = (
    pl.col(c.RATE_CONSTANT).log10(),
    pl.col(c.LOG10_RATE_LOW),
    pl.col(c.LOG10_RATE_HIGH),
    pl.col(c.BARRIER_ML_LEVEL),
)


HEADLINE = [
    pl.when(pl.col(c.BARRIER_ML_LEVEL).is_not_null() & pl.col(name).is_finite()).then(pl.col(name))
    for name in (c.BARRIER_ML, c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH)
]
"""The barrier that people are told of a row, and its interval: the predicted one, of the saddle
point that was found or else of the generated TS; null where its level of theory is not known."""


def measure_of(rows: pl.DataFrame) -> By:
    """What the results of one template are ranked by, unless told.

    That is the Gibbs barrier, where most have one: the electronic barrier leaves out the entropy
    that the binding of a catalyst costs.
    """
    return By.GIBBS if _most_have(_added(rows, GIBBS)) else By.BARRIER


def with_estimates(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    """Add VALUE, LOW, HIGH and LEVEL to the results of one template.

    A barrier is the predicted one, unless half of the rows that did not fail or more have none at
    the common level: then it is GFN2-xTB's for all of them, which can be compared. A Gibbs barrier
    is the predicted one where that leaves no row out.
    """
    if by is By.GIBBS:
        predicted, computed = _added(rows, GIBBS_PREDICTED), _added(rows, GIBBS)
        return predicted if _n_comparable(predicted) >= _n_comparable(computed) else computed
    if by is By.RATE:
        return _added(rows, RATE)
    predicted = _added(rows, PREDICTED)
    return predicted if _most_have(predicted) else _added(rows, COMPUTED)


def common_level(rows: pl.DataFrame) -> str | None:
    """The level of theory at which most values stand; only values at one level can be compared.

    Verified rows decide, then all that are sound, then those with warnings; failed ones never.
    """
    tally = (
        rows.filter(HAS_VALUE)
        .group_by(LEVEL)
        .agg((SOUND & VERIFIED).sum().alias("verified"), SOUND.sum().alias("sound"), pl.len())
        .sort("verified", "sound", "len", LEVEL, descending=[True, True, True, False])
    )
    return tally[LEVEL][0] if len(tally) else None


def _most_have(rows: pl.DataFrame) -> bool:
    """Whether more than half of the rows that did not fail have a value at the common level."""
    return _n_comparable(rows) > MAJORITY * rows.filter(~FAILED).height


def _n_comparable(rows: pl.DataFrame) -> int:
    """How many rows that did not fail have a value at the common level."""
    at_level = pl.col(LEVEL) == pl.lit(common_level(rows), pl.String)
    return rows.filter(HAS_VALUE & at_level).height


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
