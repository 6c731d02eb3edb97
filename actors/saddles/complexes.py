"""A side of a reaction as one complex, its molecules placed and folded like a given structure."""

import numpy as np
from scipy.optimize import minimize

from tscreen.actors.quantum.sides import sides_of
from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

BOND, ANGLE, CONTACT, FOLD = 1.0, 0.3, 0.3, 0.02
"""Weights: of bonds; of distances over one atom; of contacts; of all else, which keeps the fold."""
CONTACT_SCALE, CONTACT_GAP = 1.3, 0.5
"""Atoms that are not bonded stay apart by so many times the sum of their radii, and Å."""
MAX_STEPS = 300


def complex_like(reaction: Reaction, structure: np.ndarray, side: int) -> np.ndarray:
    """The geometry (N, 3) in Å that is nearest to ``structure`` and has the bonds of a side.

    Bond lengths and angles become those of the side and pairs that it does not bond move out of
    bonding distance (least squares over all pairs); everything else stays as it is. So a transition
    state gives a reactant and a product in its own conformation, and molecules that were put
    together too tightly come apart.

    Args:
        reaction: The reaction.
        structure: Geometry (N, 3) in Å with the fragments in place.
        side: 0 for the reactant, 1 for the product.
    """
    target, weight = _targets(reaction, structure, side)
    return arranged(np.asarray(structure, dtype=float), target, target, weight)[0]


def arranged(
    start: np.ndarray, low: np.ndarray, high: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, float]:
    """Atoms moved from a start (N, 3) in Å until all distances are as wanted, or nearly so.

    Args:
        start: To begin with.
        low: Least distances (N, N), Å.
        high: Greatest distances (N, N), Å; infinity where they do not matter.
        weight: Of the squares of what is missing or too much (N, N).

    Returns:
        Positions (N, 3), and the weighted sum of squares that is left, Å².
    """
    first, second = np.triu_indices(len(start), 1)
    low, high, weight = (x[first, second] for x in (low, high, weight))

    def stress(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(-1, 3)
        between = x[first] - x[second]
        length = np.linalg.norm(between, axis=1) + 1e-9
        excess = length - np.clip(length, low, high)
        pull = (2 * weight * excess / length)[:, None] * between
        gradient = np.zeros_like(x)
        np.add.at(gradient, first, pull)
        np.add.at(gradient, second, -pull)
        return float((weight * excess**2).sum()), gradient.ravel()

    options = {"maxiter": MAX_STEPS}
    found = minimize(stress, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(-1, 3), float(found.fun)


def _targets(reaction: Reaction, structure: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances (N, N) in Å to aim at, and the weights of these."""
    r = reaction
    positions = sides_of(r)[side].positions
    bonds = side_bonds(r)[side]
    over_one_atom = ((bonds.astype(int) @ bonds.astype(int)) > 0) & ~bonds
    target = np.where(bonds | over_one_atom, _distances(positions), _distances(structure))
    weight = np.select([bonds, over_one_atom], [BOND, ANGLE], FOLD)
    radii = COVALENT_RADII[r.atomic_numbers]
    contact = CONTACT_SCALE * np.add.outer(radii, radii) + CONTACT_GAP
    too_near = ~bonds & ~over_one_atom & (target < contact)
    return np.where(too_near, contact, target), np.where(too_near, CONTACT, weight)


def _distances(positions: np.ndarray) -> np.ndarray:
    x = np.asarray(positions, dtype=float)
    return np.linalg.norm(x[:, None] - x[None], axis=-1)
