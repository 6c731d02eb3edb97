"""How far to trust a saddle point of a corrected surface, and the barrier that it predicts."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tscreen.model.correction.card import CorrectedLevel

LEAST_P, LEAST_FORCE, LEAST_BARRIER, LEAST_MOVED = 1e-3, 1e-3, 1e-2, 1e-2
"""Keep logarithms finite: of a probability, eV/Å, kcal/mol and Å."""


ELSEWHERE = 0.4
"""Å, twice the RMSD of a good TS: of two structures so far apart one at most is good."""


class RefinedView(NamedTuple):
    """What is known of a saddle point that joins reactant and product of its reaction.

    Attributes:
        force_spread: disagreement of the committee in a force at the TS, eV/Å.
        barrier_spread: standard deviation of the barrier over its members, kcal/mol.
        moved: RMSD of the TS from the generated one, Å.
        p_good: of the generated TS.
        expected_rmsd: of the generated TS, Å.
        route_length: rungs of the search that were climbed.
        stepwise: whether an intermediate lies between it and one of the sides.
        frequency_cm1: of the imaginary mode, cm⁻¹.
        barrier: electronic, on the corrected surface, with the committee's mean zero-point part,
            kcal/mol.
        several_reactants: whether the reactant is more than one molecule.
        lower: whether it lies lower than another one, which was found first.
    """

    force_spread: float
    barrier_spread: float
    moved: float
    p_good: float
    expected_rmsd: float
    route_length: int
    stepwise: bool
    frequency_cm1: float
    barrier: float
    several_reactants: bool = False
    lower: bool = False


class RefinedEstimate(NamedTuple):
    """What to say of a refined TS.

    Attributes:
        expected_rmsd: from the true TS, Å.
        p_good: probability that this RMSD is under 0.2 Å.
        generated_p_good: the same of the generated TS, now that it is known where it led.
        barrier: at the level that the surface is corrected to, kcal/mol.
        low, high: its 90 % interval, infinite where nothing has calibrated it.
    """

    expected_rmsd: float
    p_good: float
    generated_p_good: float
    barrier: float
    low: float
    high: float


class Calibration(NamedTuple):
    """Numbers fitted on rows that nothing was trained on; all act on `features` (F,).

    Attributes:
        mean, scale: of the features.
        odds: weights of P(good) and an offset (F + 1,).
        gain: by how much the log odds of being good are higher than those of the generated TS.
        log_rmsd: of the logarithm of the expected RMSD, likewise.
        log_error: of the logarithm of the barrier's expected error in kcal/mol, likewise.
        interval: factor on that error that makes a 90 % interval.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    odds: NDArray[np.float64]
    gain: float
    log_rmsd: NDArray[np.float64]
    log_error: NDArray[np.float64]
    interval: float

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Calibration":
        """As it stands in a card."""
        return cls(
            np.array(content["mean"]),
            np.array(content["scale"]),
            np.array(content["odds"]),
            float(content["gain"]),
            np.array(content["log_rmsd"]),
            np.array(content["log_error"]),
            float(content["interval"]),
        )

    @property
    def content(self) -> dict[str, Any]:
        """For a card."""
        return {name: np.asarray(value).tolist() for name, value in self._asdict().items()}

    def score(self, weights: NDArray[np.float64], view: RefinedView) -> float:
        """One of the linear scores."""
        known = features(view)[: len(self.mean)]  # older cards know nothing of the last one
        reduced = (known - self.mean) / self.scale
        return float(reduced @ weights[:-1] + weights[-1])


class BarrierError(NamedTuple):
    """How far barriers are off where a committee disagrees, fitted like `Calibration`.

    Its rows are structures with reference energies, not refined transition states: it stands in
    for a `Calibration` where that many of these are not known.

    Attributes:
        slope: of the logarithm of the expected error over that of the members' standard deviation,
            both in kcal/mol.
        offset: of it.
        interval: factor on the expected error that makes a 90 % interval.
    """

    slope: float
    offset: float
    interval: float

    def expected(self, spread: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Errors in kcal/mol where the members' standard deviations are these (R,)."""
        return np.exp(self.slope * np.log(np.maximum(spread, LEAST_BARRIER)) + self.offset)


def features(view: RefinedView) -> NDArray[np.float64]:
    """What the calibration looks at (F,)."""
    p = np.clip(view.p_good, LEAST_P, 1 - LEAST_P)
    return np.array(
        [
            np.log(p / (1 - p)),
            np.log(max(view.force_spread, LEAST_FORCE)),
            np.log(max(view.barrier_spread, LEAST_BARRIER)),
            np.log(max(view.moved, LEAST_MOVED)),
            np.log(view.route_length),
            float(view.stepwise),
            float(view.lower),
        ]
    )


def estimate_refined(level: CorrectedLevel, view: RefinedView) -> RefinedEstimate:
    """Estimate for a saddle point on the surface that is corrected to a level."""
    if not level.calibration:
        return _uncalibrated(level, view)
    barrier = view.barrier
    known = Calibration.of(level.calibration)
    margin = _margin(level, view, known.interval * np.exp(known.score(known.log_error, view)))
    log_odds = known.score(known.odds, view)
    return RefinedEstimate(
        float(np.exp(known.score(known.log_rmsd, view))),
        float(expit(log_odds)),
        float(expit(log_odds - known.gain)),
        barrier,
        barrier - margin,
        barrier + margin,
    )


def _uncalibrated(level: CorrectedLevel, view: RefinedView) -> RefinedEstimate:
    """What is known without refined rows: the generated TS, and errors at given structures.

    A saddle point elsewhere is as sure as the generated TS is wrong, and has another barrier. One
    that lies lower than the first one found lies elsewhere as well, and is no worse for it.
    """
    elsewhere = view.moved > ELSEWHERE and not view.lower
    p_good = min(view.p_good, 1 - view.p_good) if elsewhere else view.p_good
    margin = np.inf
    if level.barrier_error and p_good == view.p_good:
        error = BarrierError(**level.barrier_error)
        margin = _margin(level, view, error.interval * float(error.expected(view.barrier_spread)))
    low, high = view.barrier - margin, view.barrier + margin
    return RefinedEstimate(view.expected_rmsd, p_good, view.p_good, view.barrier, low, high)


def _margin(level: CorrectedLevel, view: RefinedView, margin: float) -> float:
    """Of a barrier; molecules that come together are off from what they make by more than it.

    Errors at the rows of a table tell nothing of that where all of its reactants are one molecule.
    """
    return float(np.hypot(margin, level.reaction_error)) if view.several_reactants else margin
