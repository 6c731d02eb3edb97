"""Sides of transition states that come without them."""

import numpy as np
import pytest
from ase.build import molecule

from tscreen.actors.preparing import LoneTransitionState, SideGeometry, both_sides, kind_of
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph

CHLORIDE_AND_METHYL_BROMIDE = np.array(
    [
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 2.40],
        [0.0, 0.0, -2.47],
        [1.07, 0.0, 0.0],
        [-0.535, 0.927, 0.0],
        [-0.535, -0.927, 0.0],
    ]
)
NUMBERS = np.array([6, 17, 35, 1, 1, 1], np.uint8)
HCN_TS = np.array([[0.0, 0.0, 0.0], [1.19, 0.0, 0.0], [0.48, 1.12, 0.0]])


def exchange(**names) -> LoneTransitionState:
    return LoneTransitionState("sn2", NUMBERS, CHLORIDE_AND_METHYL_BROMIDE, -1, 1, **names)


def bonds(numbers, side):
    return bond_graph(numbers, side.positions) & np.equal.outer(side.fragments, side.fragments)


def test_an_exchange_falls_apart_at_either_bond():
    one, other = both_sides(exchange())
    free = {
        side.fragments.tolist().count(side.fragments[ion])
        for side in (one, other)
        for ion in (1, 2)
    }
    assert free == {1, 5}
    lengths = {
        round(float(np.linalg.norm(s.positions[0] - s.positions[ion])), 1)
        for s in (one, other)
        for ion in (1, 2)
        if s.fragments[0] == s.fragments[ion]
    }
    assert lengths == {1.8, 1.9} or lengths == {1.8, 2.0}


def test_the_names_of_molecules_decide_which_side_is_which():
    ch3cl, ch3br = molecule("CH3Cl"), molecule("CH3Cl")
    ch3br.numbers[ch3br.numbers == 17] = 35
    ch3br.positions[ch3br.numbers == 35] *= 1.1
    chloride, bromide = (kind_of(np.array([z], np.uint8), np.zeros((1, 3))) for z in (17, 35))
    reactants = tuple(sorted(chloride + kind_of(ch3br.numbers, ch3br.positions)))
    products = tuple(sorted(bromide + kind_of(ch3cl.numbers, ch3cl.positions)))
    reactant, product = both_sides(exchange(reactant_kinds=reactants, product_kinds=products))
    assert bonds(NUMBERS, reactant)[0, 2]
    assert not bonds(NUMBERS, reactant)[0, 1]
    assert bonds(NUMBERS, product)[0, 1]
    with pytest.raises(CalculationError, match="not end at the molecules that are named"):
        both_sides(exchange(reactant_kinds=reactants, product_kinds=reactants))


def test_the_path_of_a_rearrangement_is_followed_both_ways():
    numbers = np.array([6, 7, 1], np.uint8)
    sides = both_sides(LoneTransitionState("hcn", numbers, HCN_TS, 0, 1))
    bonded_to = [bonds(numbers, side)[2, :2].tolist() for side in sides]
    assert sorted(bonded_to) == [[False, True], [True, False]]


def test_a_known_side_is_kept_and_the_other_found():
    numbers = np.array([6, 7, 1], np.uint8)
    hcn = np.array([[0.0, 0.0, 0.0], [1.15, 0.0, 0.0], [-1.07, 0.0, 0.0]])
    known = SideGeometry(hcn, np.zeros(3, np.uint8))
    reactant, product = both_sides(LoneTransitionState("hcn", numbers, HCN_TS, 0, 1, known))
    assert reactant is known
    assert bonds(numbers, product)[2].tolist() == [False, True, False]


def test_a_minimum_has_no_two_sides():
    water = molecule("H2O")
    numbers = water.numbers.astype(np.uint8)
    with pytest.raises(CalculationError) as error:
        both_sides(LoneTransitionState("w", numbers, water.positions, 0, 1))
    assert error.value.code == "same_ends"
