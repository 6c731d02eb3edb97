"""Whether the right saddle point was found, or a better one, where geometry alone cannot tell."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

NEAR = 0.1
"""Å: a TS that is no farther from the reference is the reference's."""
FAR = 0.5
SAME_ENERGY = 0.1
"""kcal/mol: saddle points of one surface that differ by no more are one, or mirror images."""


class Standing(StrEnum):
    """How the TS of a reaction stands to the reference, each in just one way.

    Of a TS that is verified and farther from the reference than `NEAR` the energy is compared with
    that of the saddle point which a search from the reference leads to on the same surface. `same`
    is the mirror image, equal atoms in another order, or the same saddle point, which lies
    elsewhere on this surface; of an `unknown` one the search from the reference leads to none.
    """

    NEAR = "near"
    SAME = "same"
    LOWER = "lower"
    HIGHER = "higher"
    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class StandingFigures:
    """How far the reactions of one standing are off.

    Attributes:
        share: of all reactions.
        rmsd: mean, Å.
        mae, median: of their predicted barriers, kcal/mol; None where none is comparable.
    """

    share: float
    rmsd: float
    mae: float | None
    median: float | None


@dataclass(frozen=True)
class FoundOrLower:
    """Whether the reactions of a run have the reference's saddle point.

    Attributes:
        standings: those that there are.
        far_and_not_lower: share farther than `FAR`, and neither same nor lower.
    """

    standings: dict[Standing, StandingFigures]
    far_and_not_lower: float

    def share(self, *standings: Standing) -> float:
        """Of all reactions, of these standings together."""
        return sum(self.standings[one].share for one in standings if one in self.standings)

    @property
    def found_or_lower(self) -> float:
        """Share with the reference's saddle point or a lower one."""
        return self.share(Standing.NEAR, Standing.SAME, Standing.LOWER)


def found_or_lower(
    rmsd: NDArray[np.floating],
    verified: NDArray[np.bool_],
    above: NDArray[np.floating],
    error: NDArray[np.floating],
) -> FoundOrLower:
    """Figures of R reactions.

    Args:
        rmsd: of the TS from the reference (R,), Å.
        verified: whether it is a saddle point that joins reactant and product (R,).
        above: its energy less that of the reference's saddle point (R,), kcal/mol; nan where the
            search from the reference leads to none, or where it was not wanted.
        error: of the predicted barrier (R,), kcal/mol; nan where none is comparable.
    """
    near = rmsd <= NEAR
    unverified = ~near & ~verified
    unknown = ~near & verified & np.isnan(above)
    rest = ~(near | unverified | unknown)
    same = rest & (np.abs(above) <= SAME_ENERGY)
    lower = rest & (above < -SAME_ENERGY)
    members = {
        Standing.NEAR: near,
        Standing.SAME: same,
        Standing.LOWER: lower,
        Standing.HIGHER: rest & (above > SAME_ENERGY),
        Standing.UNKNOWN: unknown,
        Standing.UNVERIFIED: unverified,
    }
    far = (rmsd > FAR) & ~same & ~lower
    figures = {name: _figures(own, rmsd, error) for name, own in members.items() if own.any()}
    return FoundOrLower(figures, float(far.mean()))


def _figures(
    own: NDArray[np.bool_], rmsd: NDArray[np.floating], error: NDArray[np.floating]
) -> StandingFigures:
    off = error[own & np.isfinite(error)]
    return StandingFigures(
        float(own.mean()),
        float(rmsd[own].mean()),
        float(off.mean()) if len(off) else None,
        float(np.median(off)) if len(off) else None,
    )
