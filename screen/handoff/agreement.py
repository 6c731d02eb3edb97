"""How far the predictions of a run were off from quantum chemistry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tscreen.model.networks.recommender import GOOD_RMSD
from tscreen.schemas import columns as c


@dataclass(frozen=True)
class Agreement:
    """Predicted barriers and certainties of some reactions against quantum chemistry.

    Barriers are compared with zero-point energy where the predicted ones have it.

    Attributes:
        n: reactions with a predicted barrier and one to compare it with.
        levels: of the predictions, and of the quantum chemistry.
        mae: mean absolute error of the predicted barriers, kcal/mol.
        median: median absolute error, kcal/mol.
        bias: mean error, kcal/mol; positive where they are too high.
        covered: share of the 90 % intervals that hold the barrier.
        n_structures: reactions whose TS could be compared.
        p_good: mean of it, which is the share of good structures that was promised.
        good: share of structures within 0.2 Å.
        rmsd: median RMSD of the structures, Å.
    """

    n: int
    levels: list[str]
    mae: float | None
    median: float | None
    bias: float | None
    covered: float | None
    n_structures: int
    p_good: float | None
    good: float | None
    rmsd: float | None


def agreement(rows: pl.DataFrame) -> Agreement:
    """Compare.

    Args:
        rows: results that were absorbed, with the columns of both.
    """
    zero_point = pl.col(c.BARRIER_ML_LEVEL).str.ends_with(c.WITH_ZERO_POINT)
    true = pl.when(zero_point).then(c.BARRIER_QC_ZPE).otherwise(c.BARRIER_QC).alias("true")
    known = rows.with_columns(true).filter(
        pl.col(c.BARRIER_ML_LEVEL).is_not_null()
        & pl.col(c.BARRIER_ML).is_finite()
        & pl.col("true").is_not_null()
    )
    errors = (known[c.BARRIER_ML] - known["true"]).to_numpy()
    bounded = known.filter(
        pl.col(c.BARRIER_ML_LOW).is_finite() & pl.col(c.BARRIER_ML_HIGH).is_finite()
    )
    inside = bounded["true"].is_between(bounded[c.BARRIER_ML_LOW], bounded[c.BARRIER_ML_HIGH])
    rated = rows.filter(pl.col(c.P_GOOD).is_finite() & pl.col(c.TS_RMSD_QC).is_finite())
    deviations = rated[c.TS_RMSD_QC].to_numpy()
    levels = [*known[c.BARRIER_ML_LEVEL].unique().sort(), *rows[c.QC_LEVEL].unique().sort()]
    return Agreement(
        len(known),
        levels,
        _mean(np.abs(errors)),
        float(np.median(np.abs(errors))) if len(errors) else None,
        _mean(errors),
        _mean(inside.to_numpy()),
        len(rated),
        _mean(rated[c.P_GOOD].to_numpy()),
        _mean(deviations < GOOD_RMSD),
        float(np.median(deviations)) if len(deviations) else None,
    )


def _mean(numbers: Sequence[float] | np.ndarray) -> float | None:
    return float(np.mean(numbers)) if len(numbers) else None
