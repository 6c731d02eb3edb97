"""How a structure moves where bonds form or break."""

from typing import TYPE_CHECKING

import numpy as np

from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.reaction import Reaction

if TYPE_CHECKING:  # those who write and read results need no ASE
    from ase import Atoms


def reaction_direction(reaction: Reaction, atoms: "Atoms") -> np.ndarray:
    """Displacement (N, 3) that shortens the bonds that form and stretches those that break.

    Light atoms move most; zero where no bond changes. The length is arbitrary.
    """
    reactant, product = (side.astype(float) for side in side_bonds(reaction))
    between = atoms.positions[:, None] - atoms.positions
    distance = np.linalg.norm(between, axis=-1) + np.eye(len(atoms))
    pulls = ((reactant - product) / distance)[..., None] * between
    return pulls.sum(axis=1) / atoms.get_masses()[:, None]


def stretches(positions: np.ndarray, mode: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """By how much a mode (N, 3) of a structure (N, 3) stretches each of the bonds (B, 2), (B,)."""
    first, second = pairs.T
    along = positions[first] - positions[second]
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    return ((mode[first] - mode[second]) * along).sum(axis=1)
