"""Known steps as examples of which bonds of a reactant change."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tscreen.model.reactions.batch import PreparedReaction
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.schemas.bonds import side_bonds

MOST_BROKEN, MOST_FORMED = 3, 3
"""Bonds that change in a step which is learnt from or proposed."""


@dataclass(frozen=True)
class KnownStep:
    """A reactant of N atoms, and the bonds of it that a known reaction changes.

    Attributes:
        prepared: the reactant as both sides.
        changes: pairs of atoms (k, 2), the lower number first; bonds among them break, others form.
    """

    prepared: PreparedReaction
    changes: NDArray[np.int64]

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.prepared.n_atoms


def alone(
    numbers: NDArray[np.uint8], positions: NDArray[np.floating], fragments: NDArray[np.uint8]
) -> PreparedReaction:
    """A neutral closed-shell reactant as both sides of a reaction.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Å.
        fragments: which molecule an atom belongs to (N,); they may lie on top of each other.
    """
    x = np.asarray(positions, np.float32)
    return PreparedReaction(numbers, x, x, fragments, fragments)


def known_steps(rows: Iterable[ReferenceReaction]) -> list[KnownStep]:
    """The steps from the reactant and from the product of each row, where bonds change.

    Ions and open shells are left out, sides of more than two molecules, and steps that change more
    bonds than are ever proposed.
    """
    steps: list[KnownStep] = []
    for row in rows:
        one = row.reaction
        if one.charge or one.multiplicity != 1:
            continue
        sides = (
            (one.reactant_positions, one.reactant_fragments),
            (one.product_positions, one.product_fragments),
        )
        bonds = side_bonds(one)
        for (positions, fragments), before, after in zip(sides, bonds, bonds[::-1], strict=True):
            changes = np.argwhere(np.triu(before ^ after))
            broken = int(before[tuple(changes.T)].sum())
            is_like_proposals = broken <= MOST_BROKEN and len(changes) - broken <= MOST_FORMED
            if len(changes) and is_like_proposals and fragments.max() <= 1:
                steps.append(KnownStep(alone(one.atomic_numbers, positions, fragments), changes))
    return steps
