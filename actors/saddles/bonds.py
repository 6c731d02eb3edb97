"""The bonds that a reaction forms or breaks."""

import numpy as np

from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import Reaction


def changing_bonds(reaction: Reaction) -> np.ndarray:
    """Pairs (B, 2) of atoms that are bonded on one side of a reaction only."""
    reactant, product = side_bonds(reaction)
    return np.argwhere(np.triu(reactant ^ product))


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
