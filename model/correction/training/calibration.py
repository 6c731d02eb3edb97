"""Fits what is said of refined transition states to what came of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

from tscreen.model.correction.refined import (
    LEAST_BARRIER,
    BarrierError,
    Calibration,
    RefinedView,
    features,
)
from tscreen.model.inference.calibration import conformal_factor
from tscreen.model.networks.recommender import GOOD_RMSD

LEAST_ROWS, LEAST_STRUCTURES = 40, 20
"""Refined rows of a level and structures; fewer leave it without a calibration, or errors."""
RIDGE = 2.0
"""Rows that the prior of each weight counts for; a few rows that are all good say little."""
FOLDS = 10
LEAST_RMSD, LEAST_ERROR = 0.01, 0.05
"""Å and kcal/mol; keep logarithms finite."""


class Refined(NamedTuple):
    """A refined TS of a reaction whose true one is known.

    Attributes:
        view: what was known of it.
        rmsd: from the true TS, Å.
        generated_rmsd: of the generated TS from the true one, Å.
        barrier: of the reference, kcal/mol; nan where unknown.
    """

    view: RefinedView
    rmsd: float
    generated_rmsd: float
    barrier: float


def fit(rows: Sequence[Refined]) -> Calibration:
    """The calibration of one level by its refined rows; ridge regressions of a few numbers."""
    x = np.array([features(row.view) for row in rows])
    mean, scale = x.mean(0), x.std(0) + 1e-3
    x = (x - mean) / scale
    rmsd = np.array([row.rmsd for row in rows])
    error = np.array([abs(row.view.barrier - row.barrier) for row in rows])
    known = np.isfinite(error)
    log_error = _log_error(x[known], error[known])
    odds = _logistic(x, rmsd < GOOD_RMSD)
    generated = np.array([row.generated_rmsd for row in rows])
    return Calibration(
        mean,
        scale,
        odds,
        _gain(_scores(x, odds), generated < GOOD_RMSD),
        _smeared(x, rmsd),
        log_error,
        conformal_factor(error[known], _spread_of_others(x[known], error[known])),
    )


def fit_error(spread: NDArray[np.floating], error: NDArray[np.floating]) -> BarrierError:
    """The errors (R,) of barriers by the members' standard deviations (R,), both in kcal/mol."""
    x = np.log(np.maximum(spread, LEAST_BARRIER))[:, None]
    middle = x.mean()
    slope, offset = _log_error(x - middle, error)
    others = _spread_of_others(x - middle, error)
    return BarrierError(
        float(slope), float(offset - slope * middle), conformal_factor(error, others)
    )


def _log_error(x: NDArray, error: NDArray) -> NDArray:
    return _linear(x, np.log(np.maximum(error, LEAST_ERROR)))


def _spread_of_others(x: NDArray, error: NDArray) -> NDArray:
    """The expected error of each row by a fit on the rows of the other folds.

    A fit knows its own rows too well: their errors in units of it are smaller than those of new
    rows, and intervals that are made by them too narrow.
    """
    fold = np.arange(len(x)) % FOLDS
    spread = np.empty(len(x))
    for number in range(FOLDS):
        mine = fold == number
        weights = _log_error(x[~mine], error[~mine])
        spread[mine] = np.exp(_scores(x[mine], weights))
    return spread


def _scores(x: NDArray, weights: NDArray) -> NDArray:
    """Of rows (R, F), by weights and an offset (F + 1,)."""
    return x @ weights[:-1] + weights[-1]


def _linear(x: NDArray, y: NDArray) -> NDArray:
    """Weights and offset (F + 1,) of least squares with a ridge on the weights."""
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ (y - y.mean()))
    return np.append(weights, y.mean() - x.mean(0) @ weights)


def _smeared(x: NDArray, error: NDArray) -> NDArray:
    """Like `_linear` for the logarithm, so that the expectation is one of the error itself.

    The offset takes in the mean of the residuals' exponentials (Duan, JASA 1983).
    """
    y = np.log(np.maximum(error, LEAST_RMSD))
    found = _linear(x, y)
    found[-1] += np.log(np.exp(y - _scores(x, found)).mean())
    return found


def _gain(log_odds: NDArray, good: NDArray[np.bool_]) -> float:
    """How much lower the log odds (R,) are of the generated structures.

    One number: the same evidence speaks for both. A fit of its own for each of the features
    predicts held-out rows no better, and lets chance decide between the two.
    """

    def loss(gain: float) -> float:
        z = log_odds - gain
        return float((np.logaddexp(0, z) - good * z).sum() + 0.05 * gain**2)

    return float(minimize_scalar(loss).x)


def _logistic(x: NDArray, good: NDArray[np.bool_]) -> NDArray:
    """Weights and offset (F + 1,) of a logistic regression with a normal prior on the weights."""

    def loss(w: NDArray) -> tuple[float, NDArray]:
        z = _scores(x, w)
        off = expit(z) - good
        # The offset has a weak prior too: rows that are all good must not make it infinite.
        ridge = np.append(np.full(x.shape[1], RIDGE), 0.1)
        value = (np.logaddexp(0, z) - good * z).sum() + 0.5 * (ridge * w**2).sum()
        return float(value), np.append(x.T @ off, off.sum()) + ridge * w

    return minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
