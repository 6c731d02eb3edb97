"""Sides that are folded like a transition state."""

import numpy as np
import pytest
from conftest import reaction_row, reaction_table
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tscreen.actors.saddles.complexes import complex_like
from tscreen.model.reactions.assembly import assemble
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


@pytest.fixture(scope="module")
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def distances(x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x[:, None] - x[None], axis=-1)


def test_a_transition_state_becomes_either_side(shift):
    for side in (0, 1):
        found = complex_like(shift, NEAR_TS, side)
        assert np.array_equal(bond_graph(shift.atomic_numbers, found), side_bonds(shift)[side])


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_turning_the_structure_turns_the_complex(turn):
    shift = reactions_of(reaction_table(reaction_row("r")))[0]
    rotation = Rotation.from_rotvec(turn)
    one = complex_like(shift, NEAR_TS, 1)
    other = complex_like(shift, rotation.apply(NEAR_TS), 1)
    assert np.allclose(distances(one), distances(other), atol=2e-2)


def test_molecules_that_were_put_together_come_apart(gdb7):
    several = gdb7.filter([len(set(x)) > 1 for x in gdb7["product_fragments"].to_pylist()])
    for reaction in reactions_of(several.slice(0, 10)):
        r = reaction
        _, product = assemble(
            r.reactant_positions, r.product_positions, r.reactant_fragments, r.product_fragments
        )
        found = complex_like(reaction, product, 1)
        assert np.array_equal(bond_graph(r.atomic_numbers, found), side_bonds(r)[1])
