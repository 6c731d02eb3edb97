"""Bonds and separate molecules, as seen from the distances of a geometry."""

import numpy as np
from scipy.sparse.csgraph import connected_components

from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

BOND_SCALE = 1.3
"""Tolerance of `bond_graph` that fits stable molecules."""


def bond_graph(numbers: np.ndarray, positions: np.ndarray, scale: float = BOND_SCALE) -> np.ndarray:
    """Which atoms are bonded.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Angstrom.
        scale: a bond is shorter than this times the sum of the two covalent radii.

    Returns:
        (N, N) symmetric bool array, False on the diagonal.
    """
    radii = COVALENT_RADII[numbers]
    vectors = np.asarray(positions, float)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    bonded = distances < scale * np.add.outer(radii, radii)
    np.fill_diagonal(bonded, False)
    return bonded


def fragments_of(numbers: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The separate molecule that each atom belongs to, (N,) uint8, numbered from the first atom."""
    return connected_components(bond_graph(numbers, positions), directed=False)[1].astype(np.uint8)


def side_bonds(reaction: Reaction) -> tuple[np.ndarray, np.ndarray]:
    """Which atoms are bonded (N, N) in the reactant and in the product."""
    r = reaction
    # Separate fragments may be placed anywhere, even on top of each other.
    reactant = np.equal.outer(r.reactant_fragments, r.reactant_fragments)
    product = np.equal.outer(r.product_fragments, r.product_fragments)
    return (
        bond_graph(r.atomic_numbers, r.reactant_positions) & reactant,
        bond_graph(r.atomic_numbers, r.product_positions) & product,
    )


def changing_bonds(reaction: Reaction) -> np.ndarray:
    """Pairs (B, 2) of atoms that are bonded on one side of a reaction only."""
    reactant, product = side_bonds(reaction)
    return np.argwhere(np.triu(reactant ^ product))
