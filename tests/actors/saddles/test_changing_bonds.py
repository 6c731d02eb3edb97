"""A reaction is known by the bonds that it forms and breaks."""

import numpy as np
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.saddles.bonds import reaction_direction
from tscreen.schemas.bonds import changing_bonds
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


def test_the_direction_of_a_reaction_shortens_what_forms_and_stretches_what_breaks():
    [shift] = reactions_of(reaction_table(reaction_row("a")))
    midway = (HCN + HNC) / 2 + [[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]
    moved = midway + 1e-3 * reaction_direction(shift, Atoms(shift.atomic_numbers, midway))

    def lengths(positions: np.ndarray) -> np.ndarray:
        return np.linalg.norm(positions[1:] - positions[0], axis=1)

    breaks, forms = lengths(moved) - lengths(midway)
    assert breaks > 0 > forms
    hydrogen, carbon, nitrogen = np.linalg.norm(moved - midway, axis=1)
    assert hydrogen > 5 * max(carbon, nitrogen)


def test_without_a_changing_bond_there_is_no_direction():
    [still] = reactions_of(reaction_table(reaction_row("a", product_positions=HCN.tolist())))
    assert not reaction_direction(still, Atoms(still.atomic_numbers, HCN)).any()
