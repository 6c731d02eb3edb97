"""Folds of a transition state from random coordinates: what they keep, and what they vary."""

import numpy as np
import pytest
from conftest import reaction_row, reaction_table

from tscreen.actors.conformers.folds import LOOSE, folds
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.reaction import Reaction, reactions_of

CARBON = 0


def level(_structure: np.ndarray) -> float:
    """An energy that prefers nothing."""
    return 0.0


def reaction_of(numbers: np.ndarray, reactant: np.ndarray, product: np.ndarray) -> Reaction:
    row = reaction_row(
        "fold",
        atomic_numbers=numbers.tolist(),
        reactant_positions=reactant.tolist(),
        product_positions=product.tolist(),
        reactant_fragments=[0] * len(numbers),
        product_fragments=[0] * len(numbers),
    )
    return reactions_of(reaction_table(row))[0]


@pytest.fixture(scope="module")
def chiral() -> tuple[Reaction, np.ndarray]:
    """CHFCl-OH that loses its hydroxyl hydrogen, and a structure on its way."""
    numbers = np.array([6, 1, 9, 17, 8, 1])
    reactant = np.array(
        [
            [0.0, 0.0, 0.0],
            [0.63, 0.63, 0.63],
            [-0.78, -0.78, 0.78],
            [-1.02, 1.02, -1.02],
            [0.82, -0.82, -0.82],
            [1.6, -0.4, -1.2],
        ]
    )
    product, between = reactant.copy(), reactant.copy()
    away = np.array([1.0, 0.55, -0.45])
    between[5] += 0.9 * away
    product[5] += 2.0 * away
    return reaction_of(numbers, reactant, product), between


def test_folds_keep_bonds_angles_and_hands_and_differ(chiral):
    reaction, structure = chiral
    found = folds(reaction, structure, level)
    assert len(found) > 3
    skeleton = slice(0, 5)
    for fold in found:
        assert deviation(fold[skeleton], structure[skeleton]) < 0.1
        assert deviation(-fold[skeleton], structure[skeleton]) > 0.3
    assert max(deviation(one, found[0]) for one in found) > 0.3


def test_a_bond_that_is_out_of_reach_may_vary_within_limits(chiral):
    reaction, structure = chiral
    shortest, longest = (factor * np.linalg.norm(structure[5] - structure[4]) for factor in LOOSE)
    lengths = [np.linalg.norm(fold[5] - fold[4]) for fold in folds(reaction, structure, level)]
    assert max(lengths) - min(lengths) > 0.1
    assert shortest - 0.1 < min(lengths)
    assert max(lengths) < longest + 0.1


def test_those_of_lowest_energy_come_first_and_those_without_one_are_left_out(chiral):
    reaction, structure = chiral

    def height(fold: np.ndarray) -> float:
        value = float(np.linalg.norm(fold[5] - fold[CARBON]))
        if value > bound:
            raise CalculationError("xtb_scf", "too far")
        return value

    bound = np.inf
    heights = [height(fold) for fold in folds(reaction, structure, height)]
    assert heights == sorted(heights)
    bound = float(np.median(heights))
    fewer = [height(fold) for fold in folds(reaction, structure, height)]
    assert fewer == [value for value in heights if value <= bound]


def test_time_that_is_up_is_told(chiral):
    def late(_structure: np.ndarray) -> float:
        raise CalculationError("xtb_timeout", "late")

    with pytest.raises(CalculationError, match="late"):
        folds(*chiral, late)
