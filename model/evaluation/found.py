"""Whether the right saddle point was found, or a better one, where geometry alone cannot tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR = 0.1
"""Å: a TS that is no farther from the reference is the reference's."""
FAR = 0.5
SAME_ENERGY = 0.1
"""kcal/mol: saddle points of one surface that differ by no more are one, or mirror images."""


@dataclass(frozen=True)
class FoundOrLower:
    """Shares of the reactions of a run; the first six add up to one.

    Of a TS that is verified and farther from the reference than `NEAR`, the energy is compared with
    that of the saddle point which a search from the reference leads to on the same surface.

    Attributes:
        near: within `NEAR` of the reference.
        same: farther, but of the same energy: the mirror image, equal atoms in another order, or
            the same saddle point, which lies elsewhere on this surface.
        lower: of lower energy.
        higher: of higher energy.
        unknown: the search from the reference leads to no saddle point.
        unverified: farther, and no saddle point that joins reactant and product.
        far_and_not_lower: farther than `FAR`, and neither same nor lower.
    """

    near: float
    same: float
    lower: float
    higher: float
    unknown: float
    unverified: float
    far_and_not_lower: float

    @property
    def found_or_lower(self) -> float:
        """Share with the reference's saddle point or a lower one."""
        return self.near + self.same + self.lower


def found_or_lower(
    rmsd: NDArray[np.floating], verified: NDArray[np.bool_], above: NDArray[np.floating]
) -> FoundOrLower:
    """Shares of R reactions.

    Args:
        rmsd: of the TS from the reference (R,), Å.
        verified: whether it is a saddle point that joins reactant and product (R,).
        above: its energy less that of the reference's saddle point (R,), kcal/mol; nan where the
            search from the reference leads to none, or where it was not wanted.
    """
    near = rmsd <= NEAR
    unverified = ~near & ~verified
    unknown = ~near & verified & np.isnan(above)
    rest = ~(near | unverified | unknown)
    same = rest & (np.abs(above) <= SAME_ENERGY)
    lower = rest & (above < -SAME_ENERGY)
    higher = rest & (above > SAME_ENERGY)
    far = (rmsd > FAR) & ~same & ~lower
    shares = (near, same, lower, higher, unknown, unverified, far)
    return FoundOrLower(*(float(share.mean()) for share in shares))
