"""How far to trust a saddle point of a corrected surface, and the barrier that it predicts."""

from typing import NamedTuple

from tscreen.model.correction.card import CorrectedLevel

MARGIN = 3.0
"""Half the width of an interval, kcal/mol."""


class RefinedView(NamedTuple):
    """What is known of a saddle point that joins reactant and product of its reaction.

    Attributes:
        force_spread: disagreement of the committee in a force at the TS, eV/Å.
        barrier_spread: standard deviation of the barrier over its members, kcal/mol.
        moved: RMSD of the TS from the generated one, Å.
        p_good: of the generated TS.
        expected_rmsd: of the generated TS, Å.
        route_length: rungs of the search that were climbed.
        frequency_cm1: of the imaginary mode, cm⁻¹.
        barrier: electronic, on the corrected surface, with the committee's mean zero-point part,
            kcal/mol.
    """

    force_spread: float
    barrier_spread: float
    moved: float
    p_good: float
    expected_rmsd: float
    route_length: int
    frequency_cm1: float
    barrier: float


class Judgement(NamedTuple):
    """What to say of a refined TS.

    Attributes:
        expected_rmsd: from the true TS, Å.
        p_good: probability that this RMSD is under 0.2 Å.
        barrier: at the level that the surface is corrected to, kcal/mol.
        low, high: its 90 % interval.
    """

    expected_rmsd: float
    p_good: float
    barrier: float
    low: float
    high: float


def judge(_level: CorrectedLevel, view: RefinedView) -> Judgement:
    """Judge a saddle point on the surface that is corrected to a level."""
    return Judgement(
        view.expected_rmsd,
        view.p_good,
        view.barrier,
        view.barrier - MARGIN,
        view.barrier + MARGIN,
    )
