"""How good the results of a run are, where the true transition states are known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tscreen.model.evaluation.evaluation import Distribution, distribution
from tscreen.model.evaluation.found import FoundOrLower, found_or_lower
from tscreen.model.evaluation.permissive import permissive_rmsd
from tscreen.model.evaluation.risk import (
    PUBLISHED_FRACTION,
    calibration_error_by_chance,
    expected_calibration_error,
    reliability,
    risk_curve,
)
from tscreen.model.networks.recommender import GOOD_RMSD
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.status import Status

LEAST_CERTAIN = 60
"""So many reactions of the lowest `generated_p_good` are looked at apart."""


@dataclass(frozen=True)
class Result:
    """What a run says of one reaction of N atoms.

    Attributes:
        status: as in the results.
        positions: of the TS (N, 3), Å.
        p_good: of this TS.
        generated_p_good: of the TS that the model had generated.
        verified: whether a saddle point was found that joins reactant and product.
        barrier: predicted, kcal/mol, with its 90 % interval; nan where there is none.
        low: of the interval.
        high: of the interval.
        level: that it is predicted at.
        energy_level: level of theory of the energies, and of the geometries.
        computed: barrier from the surface's own energies, kcal/mol: of enthalpy where the reference
            has zero-point energy, else electronic; nan where there is none.
    """

    status: str
    positions: NDArray[np.floating]
    p_good: float
    generated_p_good: float
    verified: bool
    barrier: float
    low: float
    high: float
    level: str | None
    energy_level: str | None
    computed: float

    @property
    def taken(self) -> bool:
        """Whether the TS is a saddle point that was found."""
        return self.status in (Status.REFINED, Status.XTB)


@dataclass(frozen=True)
class FinishedBarriers:
    """Predicted barriers at one level against the reference, kcal/mol.

    Attributes:
        n: reactions.
        mae: mean absolute error.
        median: its median.
        mae_without_widest: of those left when the widest 14 % of intervals are left out.
        coverage: share of 90 % intervals that hold the reference, of rows that do not calibrate.
        width: mean width of finite intervals; None without any.
        computed_mae: mean absolute error of the computed barriers, see `Result`; None without any.
        computed_median: its median.
    """

    n: int
    mae: float
    median: float
    mae_without_widest: float
    coverage: float | None
    width: float | None
    computed_mae: float | None
    computed_median: float | None


@dataclass(frozen=True)
class FinishedEvaluation:
    """Figures of a finished run.

    Attributes:
        n: reactions compared.
        missing: reference reactions that the run has no TS for.
        status: how many of each.
        verified: share of all with a saddle point that joins reactant and product.
        verified_least_certain: the same of the `LEAST_CERTAIN` of lowest generated `p_good`.
        rmsd: of the TS from the reference, Å, over all.
        refined: of those whose TS is a saddle point that was found.
        others: of those whose TS stayed as generated.
        permissive: like `rmsd`, minimised over permutations and mirror images, cut at 1 Å.
        p_good: its mean.
        good: share within 0.2 Å.
        calibration_error: expected calibration error of `p_good`, of rows that do not calibrate.
        calibration_error_by_chance: what that would be if every `p_good` were true.
        barriers: by level.
        found: whether the right saddle point was found or a lower one; None where energies were not
            compared.
    """

    n: int
    missing: int
    status: dict[str, int]
    verified: float
    verified_least_certain: float
    rmsd: Distribution | None
    refined: Distribution | None
    others: Distribution | None
    permissive: Distribution | None
    p_good: float
    good: float
    calibration_error: float | None
    calibration_error_by_chance: float | None
    barriers: dict[str, FinishedBarriers]
    found: FoundOrLower | None


def evaluate_finished(
    rows: Sequence[ReferenceReaction],
    results: dict[str, Result],
    above: dict[str, float] | None = None,
) -> FinishedEvaluation:
    """Compare results, by `reaction_id`, with the references of the same reactions.

    Args:
        rows: reactions with their references.
        results: of a run.
        above: energies of the saddle points found less those of the references', in kcal/mol, see
            `found_or_lower`; None where they were not compared.
    """
    known = [row for row in rows if row.reaction_id in results]
    found = [results[row.reaction_id] for row in known]
    rmsd = np.array([off_reference(r.positions, row) for r, row in zip(found, known, strict=True)])
    permissive = [_permissive(r, row) for r, row in zip(found, known, strict=True)]
    taken = np.array([r.taken for r in found], dtype=bool)
    verified = np.array([r.verified for r in found], dtype=bool)
    doubtful = np.argsort([r.generated_p_good for r in found], kind="stable")[:LEAST_CERTAIN]
    p_good = np.array([r.p_good for r in found])
    fresh = ~np.array([row.calibrates for row in known], dtype=bool)
    bins = reliability(p_good[fresh], rmsd[fresh] < GOOD_RMSD)
    off = [_barrier_error(row, r) for row, r in zip(known, found, strict=True)]
    return FinishedEvaluation(
        n=len(known),
        missing=len(rows) - len(known),
        status=dict(sorted(Counter(r.status for r in found).items())),
        verified=float(verified.mean()),
        verified_least_certain=float(verified[doubtful].mean()),
        rmsd=distribution(rmsd),
        refined=distribution(rmsd[taken]),
        others=distribution(rmsd[~taken]),
        permissive=distribution(permissive),
        p_good=float(p_good.mean()),
        good=float((rmsd < GOOD_RMSD).mean()),
        calibration_error=expected_calibration_error(bins) if bins else None,
        calibration_error_by_chance=calibration_error_by_chance(p_good[fresh]) if bins else None,
        barriers=_barriers(known, found),
        found=None
        if above is None
        else found_or_lower(
            rmsd,
            taken & verified,
            np.array([above.get(row.reaction_id, np.nan) for row in known]),
            np.array(off),
        ),
    )


def off_reference(positions: NDArray[np.floating], row: ReferenceReaction) -> float:
    """RMSD in Å of a TS (N, 3) from the reference: atoms as mapped, no mirror image."""
    assert row.prepared.ts is not None
    return deviation(positions, row.prepared.ts)


def _permissive(result: Result, row: ReferenceReaction) -> float:
    assert row.prepared.ts is not None
    return permissive_rmsd(row.prepared.numbers, result.positions, row.prepared.ts)


def _barrier_error(row: ReferenceReaction, result: Result) -> float:
    """Of the predicted barrier, kcal/mol; nan where the reference has none at its level."""
    if row.barrier is None or result.level != row.level:
        return np.nan
    return abs(result.barrier - row.barrier)


def _barriers(
    rows: Sequence[ReferenceReaction], results: Sequence[Result]
) -> dict[str, FinishedBarriers]:
    """By the level that is predicted; references at another level are not compared."""
    levels: dict[str, list[tuple[ReferenceReaction, Result]]] = {}
    for row, result in zip(rows, results, strict=True):
        if np.isfinite(_barrier_error(row, result)):
            levels.setdefault(row.level, []).append((row, result))
    return {level: _at_level(pairs) for level, pairs in levels.items()}


def _at_level(pairs: Sequence[tuple[ReferenceReaction, Result]]) -> FinishedBarriers:
    reference = np.array([row.barrier for row, _ in pairs], dtype=np.float64)
    told = [[r.barrier, r.low, r.high, r.computed] for _, r in pairs]
    value, low, high, computed = np.array(told).T
    error, width = np.abs(value - reference), high - low
    own = np.abs(computed - reference)[np.isfinite(computed)]
    fresh = ~np.array([row.calibrates for row, _ in pairs], dtype=bool)
    held = ((low <= reference) & (reference <= high))[fresh]
    return FinishedBarriers(
        n=len(pairs),
        mae=float(error.mean()),
        median=float(np.median(error)),
        mae_without_widest=risk_curve(error, -width).at(PUBLISHED_FRACTION)["by_certainty"],
        coverage=float(held.mean()) if len(held) else None,
        width=float(width[np.isfinite(width)].mean()) if np.isfinite(width).any() else None,
        computed_mae=float(own.mean()) if len(own) else None,
        computed_median=float(np.median(own)) if len(own) else None,
    )
