"""The bonds that a reaction forms or breaks."""

import numpy as np

from schemas.bonds import bond_graph
from schemas.reaction import Reaction


def changing_bonds(reaction: Reaction) -> np.ndarray:
    """Pairs (B, 2) of atoms that are bonded on one side of a reaction only."""
    r = reaction
    reactant = _bonds(r.atomic_numbers, r.reactant_positions, r.reactant_fragments)
    product = _bonds(r.atomic_numbers, r.product_positions, r.product_fragments)
    return np.argwhere(np.triu(reactant ^ product))


def _bonds(numbers: np.ndarray, positions: np.ndarray, fragments: np.ndarray) -> np.ndarray:
    # Separate fragments may be placed anywhere, even on top of each other.
    return bond_graph(numbers, positions) & np.equal.outer(fragments, fragments)
