"""What changes from the reactant to the product of each row, as their structures say."""

import numpy as np
import pyarrow as pa

from tscreen.model.reactions.superposition import superposed
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import changing_bonds
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.tables import with_column

SAME_PLACE = 0.1
"""Angstrom; more than what is left between two relaxations of one conformer, less than a turn."""


def with_changes(table: pa.Table) -> pa.Table:
    """Good rows with `n_bond_changes` and `sides_equal`."""
    reactions = reactions_of(table)
    numbers = [len(changing_bonds(reaction)) for reaction in reactions]
    equal = [
        not number and _in_the_same_place(reaction)
        for number, reaction in zip(numbers, reactions, strict=True)
    ]
    table = with_column(table, c.N_BOND_CHANGES, pa.array(numbers, pa.int32()))
    return with_column(table, c.SIDES_EQUAL, pa.array(equal, pa.bool_()))


def _in_the_same_place(r: Reaction) -> bool:
    """Whether every molecule of the reactant, turned and moved as a whole, lies on the product.

    A mirror image does not: what turns one into the other is a reaction.
    """
    fragments = np.stack([r.reactant_fragments, r.product_fragments])
    for molecule in map(np.array, set(zip(*fragments.tolist(), strict=True))):
        atoms = (molecule == fragments.T).all(axis=1)
        moved, fixed = superposed(r.reactant_positions[atoms], r.product_positions[atoms])
        if np.linalg.norm(moved - fixed, axis=1).max() > SAME_PLACE:
            return False
    return True
