"""Sides of transition states that come without them."""

import numpy as np
import pytest
from ase.build import molecule

from tscreen.actors.preparing.named import NamedMolecule, placed
from tscreen.actors.preparing.sides import LoneTransitionState, SideGeometry, both_sides
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


CH3CL = molecule("CH3Cl")


def halide(z: int) -> NamedMolecule:
    return NamedMolecule(np.array([z], np.uint8), np.zeros((1, 3)))


def methyl_halide(z: int, factor: float) -> NamedMolecule:
    """The halogen last, and one bond longer than on any surface."""
    order = np.argsort(CH3CL.numbers)
    numbers, positions = CH3CL.numbers[order], CH3CL.positions[order] * factor
    return NamedMolecule(np.where(numbers == 17, z, numbers).astype(np.uint8), positions)


def test_the_names_of_molecules_decide_which_side_is_which():
    reactants = (halide(17), methyl_halide(35, 1.1))
    products = (methyl_halide(17, 1.0), halide(35))
    named = exchange(reactant_molecules=reactants, product_molecules=products)
    reactant, product = both_sides(named)
    assert bonds(NUMBERS, reactant)[0, 2]
    assert not bonds(NUMBERS, reactant)[0, 1]
    assert bonds(NUMBERS, product)[0, 1]
    with pytest.raises(CalculationError, match="not end at the molecules that are named"):
        both_sides(exchange(reactant_molecules=reactants, product_molecules=reactants))


def test_sides_know_the_minima_of_named_molecules():
    reactant, product = both_sides(
        exchange(reactant_molecules=(halide(17), methyl_halide(35, 1.1)))
    )
    assert reactant.minimum is not None
    lengths = np.linalg.norm(reactant.minimum - reactant.minimum[0], axis=1)
    given = np.linalg.norm(1.1 * (CH3CL.positions - CH3CL.positions[0]), axis=1)
    np.testing.assert_allclose(lengths[[2, 3, 4, 5]], given[[1, 2, 3, 4]], rtol=1e-6)
    relaxed = np.linalg.norm(reactant.positions[2] - reactant.positions[0])
    assert abs(relaxed - lengths[2]) > 0.01
    assert (reactant.relaxed, product.relaxed, product.minimum) == (True, True, None)


def test_a_molecule_is_placed_where_a_fragment_lies_whatever_the_order_and_hand_of_its_atoms():
    rng = np.random.default_rng(0)
    numbers = np.array([6, 1, 9, 17, 35], np.uint8)
    positions = np.array(
        [[0, 0, 0], [0, 0, 1.1], [1.3, 0, -0.4], [-0.8, 1.5, -0.5], [-0.9, -1.6, -0.6]]
    )
    order = rng.permutation(5)
    for hand in (1.0, -1.0):
        given = NamedMolecule(numbers[order], hand * positions[order] + 3.0)
        np.testing.assert_allclose(placed(given, numbers, positions), positions, atol=1e-9)


def test_of_equal_atoms_the_nearest_are_taken():
    numbers, positions = CH3CL.numbers, CH3CL.positions.copy()
    hydrogens = np.flatnonzero(numbers == 1)
    bent = positions.copy()
    bent[hydrogens[0]] *= 1.05  # tells the three apart
    swapped = bent.copy()
    swapped[hydrogens] = bent[np.roll(hydrogens, 1)]
    np.testing.assert_allclose(
        placed(NamedMolecule(numbers, swapped), numbers, bent), bent, atol=1e-9
    )


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
