"""How well certainty orders and predicts errors: risk against coverage, and reliability."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRACTIONS = tuple(round(0.01 * k, 2) for k in range(51))
"""Shares of the reactions that are sent to quantum chemistry."""

PUBLISHED_FRACTION = 0.14
"""The share of OA-ReactDiff's headline figure (Duan et al., Nat. Comput. Sci. 2023)."""

BINS = 10
CHANCE_DRAWS = 200


@dataclass(frozen=True)
class RiskCurve:
    """Mean error of the reactions that are kept when a share of them is sent away.

    Attributes:
        fractions: the shares that are sent away, the least certain first.
        by_certainty: in the order of the model's own certainty.
        random: in random order, so the same at every fraction.
        oracle: in the order of the true error, which nothing can beat.
    """

    fractions: list[float]
    by_certainty: list[float]
    random: float
    oracle: list[float]

    def at(self, fraction: float) -> dict[str, float]:
        """The three errors at one of the fractions."""
        k = self.fractions.index(fraction)
        return {
            "by_certainty": self.by_certainty[k],
            "random": self.random,
            "oracle": self.oracle[k],
        }


def risk_curve(error: NDArray[np.floating], certainty: NDArray[np.floating]) -> RiskCurve:
    """The curve of errors ``(R,)`` ordered by certainty ``(R,)``, the lowest sent away first."""
    return RiskCurve(
        list(FRACTIONS),
        _kept(error[np.argsort(certainty, kind="stable")]),
        float(error.mean()),
        _kept(np.sort(error)[::-1]),
    )


def _kept(error: NDArray[np.floating]) -> list[float]:
    """Mean of what is left when each fraction, rounded up as in a run, is cut off the front."""
    cuts = (math.ceil(fraction * len(error) - 1e-9) for fraction in FRACTIONS)
    return [float(error[min(cut, len(error) - 1) :].mean()) for cut in cuts]


@dataclass(frozen=True)
class ReliabilityBin:
    """Reactions whose ``p_good`` lies between ``low`` and ``high``."""

    low: float
    high: float
    count: int
    mean_p_good: float
    good_share: float


def reliability(p_good: NDArray[np.floating], good: NDArray[np.bool_]) -> list[ReliabilityBin]:
    """What was said and what was so, in `BINS` bins of equal width; empty ones are left out."""
    index = np.minimum((p_good * BINS).astype(int), BINS - 1)
    return [
        ReliabilityBin(
            low=k / BINS,
            high=(k + 1) / BINS,
            count=int(inside.sum()),
            mean_p_good=float(p_good[inside].mean()),
            good_share=float(good[inside].mean()),
        )
        for k in range(BINS)
        if (inside := index == k).any()
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Mean distance of said from true share over reactions (Naeini et al., AAAI 2015)."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.mean_p_good - one.good_share) for one in bins) / total


def calibration_error_by_chance(p_good: NDArray[np.floating]) -> float:
    """The mean error that so many reactions would show if every ``p_good (R,)`` were true.

    Few rows in a bin never hit its mean exactly; this is what there is to be had.
    """
    rng = np.random.default_rng(0)
    draws = (rng.random(len(p_good)) < p_good for _ in range(CHANCE_DRAWS))
    return float(np.mean([expected_calibration_error(reliability(p_good, good)) for good in draws]))
