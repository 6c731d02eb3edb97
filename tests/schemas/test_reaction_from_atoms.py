"""Reactions made of structures, and put into tables."""

import numpy as np
import pytest
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.schemas.reaction import Reaction, reactions_of, table_of


def test_a_reaction_of_two_structures_is_that_of_a_table():
    made = Reaction.from_atoms(Atoms("HCN", HCN), Atoms("HCN", HNC), name="a")
    [read] = reactions_of(reaction_table(reaction_row("a")))
    [back] = reactions_of(table_of([made]))
    for one in (made, back):
        for name, value in vars(read).items():
            np.testing.assert_array_equal(getattr(one, name), value)


def test_atoms_far_apart_are_separate_molecules_and_odd_electrons_make_a_doublet():
    apart = HCN - np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, 0]])
    made = Reaction.from_atoms(Atoms("HCN", HCN), Atoms("HCN", apart), charge=1)
    assert made.reactant_fragments.tolist() == [0, 0, 0]
    assert made.product_fragments.tolist() == [0, 1, 1]
    assert (made.charge, made.multiplicity) == (1, 2)


@pytest.mark.parametrize(
    ("product", "message"),
    [
        (Atoms("CHN", HNC), r"atom 0 \(counting from 0\) is H in the reactant and C in the"),
        (Atoms("HC", HNC[:2]), "the reactant has 3 atoms and the product 2"),
    ],
)
def test_other_atoms_are_no_product(product, message):
    with pytest.raises(ValueError, match=message):
        Reaction.from_atoms(Atoms("HCN", HCN), product)
