"""Other folds of a transition state, from random coordinates: faces, ring puckers, loose parts.

Distance geometry (Crippen, J. Comput. Phys. 1977): every fold has the bonds, the angles and the
stiff torsions of the transition state, and its hands; all else is left to chance.
"""

from collections.abc import Callable

import numpy as np

from tscreen.actors.conformers.turns import single
from tscreen.actors.saddles.complexes import CONTACT_GAP, CONTACT_SCALE, arranged
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

DRAWS = 24
"""Random starts, of which many come to the same fold or to another stereoisomer."""

SPREAD = 1.5
"""Å on every coordinate."""

REACH = 1.6
"""A changing bond that is longer than so many times the sum of the radii holds nothing in place."""

LOOSE = (0.85, 1.2)
"""How much shorter or longer such a bond may become."""

BOND, ANGLE, REST = 1.0, 0.3, 0.1
"""Weights: of bonds; of distances over one atom; of stiff torsions and contacts."""

STRAIN = 1.0
"""Å² of unmet distances, weighted, above which a fold is none."""


def folds(
    reaction: Reaction, structure: np.ndarray, energy: Callable[[np.ndarray], float]
) -> list[np.ndarray]:
    """Folds (N, 3) in Å of a transition state (N, 3), those of lowest energy first.

    The same ones for the same arguments. Those whose energy cannot be computed are left out.

    Args:
        reaction: The reaction.
        structure: To be folded otherwise.
        energy: Gives the energy in eV of a structure.

    Raises:
        CalculationError: `xtb_timeout`.
    """
    chance = np.random.default_rng(0)
    limits = _limits(reaction, structure)
    hands = _hands(reaction, structure)
    found = []
    for _ in range(DRAWS):
        start = structure + chance.normal(0.0, SPREAD, structure.shape)
        fold, strain = arranged(start, *limits)
        here = _hands(reaction, fold)
        if len(hands) and np.array_equal(here, -hands):
            fold = fold * (1, 1, -1)
        elif not np.array_equal(here, hands):
            continue
        if strain > STRAIN:
            continue
        try:
            found.append((energy(fold), fold))
        except CalculationError as error:
            if error.timed_out:
                raise
    return [fold for _, fold in sorted(found, key=lambda one: one[0])]


def _limits(reaction: Reaction, structure: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least and greatest distances (N, N) in Å, and the weights of keeping them."""
    numbers = reaction.atomic_numbers
    reactant, product = side_bonds(reaction)
    distance = np.linalg.norm(structure[:, None] - structure, axis=-1)
    radii = np.add.outer(COVALENT_RADII[numbers], COVALENT_RADII[numbers])
    kept, changing = reactant & product, reactant ^ product
    loose = changing & (distance > REACH * radii)
    bonds = kept | changing & ~loose
    turning = single(numbers, reaction.reactant_positions, reactant)
    turning &= single(numbers, reaction.product_positions, product)
    over_one = _joined(bonds, bonds)
    stiff = _joined(bonds, kept & ~turning, bonds)
    held = (bonds | over_one | stiff) & ~loose
    contact = np.minimum(CONTACT_SCALE * radii + CONTACT_GAP, distance)
    shorter, longer = LOOSE
    low = np.select([held, loose], [distance, shorter * distance], contact)
    high = np.select([held, loose], [distance, longer * distance], np.inf)
    return low, high, np.select([bonds | loose, over_one], [BOND, ANGLE], REST)


def _joined(*bonds: np.ndarray) -> np.ndarray:
    """Which atoms (N, N) are joined by one bond of each kind after the other."""
    ways = np.linalg.multi_dot([kind.astype(int) for kind in bonds])
    return (ways > 0) & ~np.eye(len(ways), dtype=bool)


def _hands(reaction: Reaction, structure: np.ndarray) -> np.ndarray:
    """Signs of the handedness of all atoms with four or more neighbours on either side."""
    corners = [
        structure[np.flatnonzero(neighbours)[:4]]
        for bonds in side_bonds(reaction)
        for neighbours in bonds
        if neighbours.sum() > 3
    ]
    return np.array([np.sign(np.linalg.det(corner[1:] - corner[0])) for corner in corners])
