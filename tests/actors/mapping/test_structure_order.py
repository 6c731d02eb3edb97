import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tscreen.actors.mapping.structures import (
    NoMappingError,
    Structure,
    judged_order,
)

# Ethanol and, of the same atoms, ethene and water, Angstrom.
NUMBERS = np.array([6, 6, 8, 1, 1, 1, 1, 1, 1])
ETHANOL = np.array(
    [
        [-0.89, -0.20, 0.00], [0.53, 0.33, 0.00], [1.42, -0.77, 0.00],
        [-1.07, -0.82, 0.88], [-1.07, -0.82, -0.88], [-1.60, 0.63, 0.00],
        [0.71, 0.95, 0.88], [0.71, 0.95, -0.88], [2.32, -0.43, 0.00],
    ]
)  # fmt: skip
APART = np.array(
    [
        [-0.67, 0.00, 0.00], [0.67, 0.00, 0.00], [0.00, 0.00, 5.00],
        [-1.24, 0.92, 0.00], [-1.24, -0.92, 0.00], [0.76, 0.59, 5.00],
        [1.24, 0.92, 0.00], [1.24, -0.92, 0.00], [-0.76, 0.59, 5.00],
    ]
)  # fmt: skip
ONE, TWO = np.zeros(9, int), np.array([0, 0, 1, 0, 0, 1, 0, 0, 1])
REACTANT, PRODUCT = Structure(NUMBERS, ETHANOL, ONE), Structure(NUMBERS, APART, TWO)


def shuffled(side: Structure, order: np.ndarray) -> Structure:
    return Structure(*(cells[order] for cells in side))


def test_a_good_order_stays():
    assert judged_order(REACTANT, PRODUCT) == (None, None)
    assert judged_order(REACTANT, REACTANT) == (None, None)


def test_two_hydrogens_that_are_exchanged_go_back_and_no_other_atom_moves():
    order = np.array([0, 1, 2, 8, 4, 5, 6, 7, 3])
    found, _ = judged_order(REACTANT, shuffled(REACTANT, order))
    assert found.tolist() == order.tolist()


def test_hydrogens_of_one_atom_stay_as_they_are_given():
    turned = shuffled(REACTANT, np.array([0, 1, 2, 4, 5, 3, 6, 7, 8]))
    assert judged_order(REACTANT, turned) == (None, None)


def test_an_order_that_could_save_two_changes_stays_and_is_doubted():
    # The hydrogen that goes to the oxygen comes from the other carbon, which gets one in its place.
    relay = shuffled(PRODUCT, np.array([0, 1, 2, 3, 4, 6, 5, 7, 8]))
    order, fewer = judged_order(REACTANT, relay)
    assert order is None
    assert fewer == 3


@settings(max_examples=25)
@given(st.permutations(range(9)), st.tuples(*[st.floats(-3, 3)] * 3))
def test_atoms_in_any_order_and_turned_come_back_where_they_were(order, turn):
    turned = REACTANT._replace(positions=ETHANOL @ Rotation.from_rotvec(turn).as_matrix().T)
    given_ = shuffled(turned, np.array(order))
    found, _ = judged_order(REACTANT, given_)
    back = given_ if found is None else shuffled(given_, found)
    assert (back.numbers == NUMBERS).all()
    assert judged_order(REACTANT, back) == (None, None)
    if found is not None and not np.array_equal(given_.numbers, NUMBERS):
        assert np.allclose(back.positions, turned.positions)  # the mirror image would not fit


def test_more_than_six_changes_in_any_order_ask_for_a_look():
    scattered = REACTANT._replace(positions=ETHANOL * 10)
    with pytest.raises(NoMappingError, match="in the given one 8 do"):
        judged_order(REACTANT, scattered)
