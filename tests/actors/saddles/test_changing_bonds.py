"""A reaction is known by the bonds that it forms and breaks."""

import numpy as np
from conftest import HCN, reaction_row, reaction_table

from tscreen.actors.saddles.bonds import changing_bonds
from tscreen.schemas.reaction import reactions_of


def pairs_of(**changes: object) -> list[list[int]]:
    [reaction] = reactions_of(reaction_table(reaction_row("a", **changes)))
    return changing_bonds(reaction).tolist()


def test_the_hydrogen_shift_of_hcn_breaks_one_bond_and_forms_one():
    assert pairs_of() == [[0, 1], [0, 2]]


def test_a_molecule_that_only_turns_changes_no_bond():
    assert pairs_of(product_positions=(HCN @ np.diag([1, -1, -1])).tolist()) == []


def test_atoms_of_separate_fragments_are_not_bonded_however_they_are_placed():
    assert pairs_of(product_positions=HCN.tolist(), product_fragments=[1, 0, 0]) == [[0, 1]]
