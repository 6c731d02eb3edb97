"""Whether the correction can be trusted along a reaction, by how far its members agree."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.xtb import Surface
from tscreen.model.correction.committee import load_committee
from tscreen.schemas.units import KCAL_MOL

DISAGREEMENT = "disagreement"
"""Of the members, beyond what the level allows."""


class CorrectionView(NamedTuple):
    """What the M members of the committee say of a reaction; nan where they were not asked.

    Attributes:
        force_spread: Their disagreement in a force at the saddle point, eV/Å; see
            `committee.Opinion`.
        barrier: What each adds to GFN2-xTB's electronic barrier between the relaxed molecules of
            the reactant and the saddle point (M,), eV.
        reverse: The same from the product (M,), eV.
        zero_point: What each adds to the barrier for the sake of zero-point energy (M,), eV.
        reverse_zero_point: The same from the product (M,), eV.
        switched_off: Why the answer comes from GFN2-xTB alone: `elements`, `size` or `state` that
            no level covers, or `disagreement`; None where it is corrected.
    """

    force_spread: float
    barrier: np.ndarray
    reverse: np.ndarray
    zero_point: np.ndarray
    reverse_zero_point: np.ndarray
    switched_off: str | None = None

    @property
    def barrier_spread(self) -> float:
        """Standard deviation of the barrier over the members, kcal/mol."""
        return float(np.std(self.barrier + self.zero_point, ddof=1)) / KCAL_MOL


def unasked(surface: Surface, reason: str) -> CorrectionView:
    """Of a reaction that no level covers."""
    return _blank(surface)._replace(switched_off=reason)


def at_saddle(surface: Surface, saddle: Molecule) -> CorrectionView:
    """Of a saddle point alone."""
    assert surface.head is not None, "a corrected surface has a head"
    opinion = load_committee(surface.weights).opinion(
        saddle.numbers, saddle.positions, surface.head
    )
    return _blank(surface)._replace(force_spread=opinion.force_spread)


def along(
    surface: Surface,
    saddle: Molecule,
    reactant: Sequence[Molecule],
    product: Sequence[Molecule],
) -> CorrectionView:
    """Of a saddle point and the relaxed molecules of both sides."""
    top, start, end = (_outputs(surface, part) for part in ([saddle], reactant, product))
    (barrier, zero_point), (reverse, reverse_zero_point) = top - start, top - end
    seen = at_saddle(surface, saddle)
    return CorrectionView(seen.force_spread, barrier, reverse, zero_point, reverse_zero_point)


def doubted(view: CorrectionView, surface: Surface) -> bool:
    """Whether the members disagree by more than the level allows, as far as they were asked."""
    assert surface.head is not None, "a corrected surface has a head"
    level = load_committee(surface.weights).card.levels[surface.head]
    # Comparisons with nan are false.
    return view.force_spread > level.force_limit or view.barrier_spread > level.barrier_limit


def _outputs(surface: Surface, molecules: Sequence[Molecule]) -> np.ndarray:
    """Electronic and zero-point corrections (2, M), in eV, of molecules together."""
    committee = load_committee(surface.weights)
    assert surface.head is not None, "a corrected surface has a head"
    opinions = [committee.opinion(m.numbers, m.positions, surface.head) for m in molecules]
    return np.sum([[one.electronic, one.zero_point] for one in opinions], axis=0)


def _blank(surface: Surface) -> CorrectionView:
    nothing = np.full(load_committee(surface.weights).card.n_members, np.nan)
    return CorrectionView(np.nan, nothing, nothing, nothing, nothing)
