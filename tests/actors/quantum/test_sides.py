"""A side is the sum of its separate molecules."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from tscreen.actors.quantum.sides import Side, molecules, side_energy
from tscreen.actors.quantum.xtb import energy, relax
from tscreen.actors.workers.errors import CalculationError


def side(
    *parts: Atoms, charge: int = 0, multiplicity: int = 1, apart: float = 0.0, states=None
) -> Side:
    return Side(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.positions + apart * i for i, part in enumerate(parts)]),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        charge,
        multiplicity,
        states,
    )


def energy_of(atoms: Atoms, charge: int = 0, multiplicity: int = 1) -> float:
    return energy(atoms.numbers, atoms.positions, charge, multiplicity)


def test_the_placement_of_fragments_does_not_matter_even_when_they_overlap():
    water, methane = molecule("H2O"), molecule("CH4")
    expected = energy_of(water) + energy_of(methane)
    assert side_energy(side(water, methane, apart=0.0)) == pytest.approx(expected)
    assert side_energy(side(water, methane, apart=3.0)) == pytest.approx(expected)


def test_a_neutral_side_splits_into_neutral_radicals():
    methyl, hydroxyl = molecule("CH3"), molecule("OH")
    expected = energy_of(methyl, multiplicity=2) + energy_of(hydroxyl, multiplicity=2)
    assert side_energy(side(methyl, hydroxyl)) == pytest.approx(expected)


@pytest.mark.parametrize("order", [1, -1])
def test_the_charge_sits_on_the_fragment_where_the_energy_is_lowest(order):
    hydroxide, methane = molecule("OH"), molecule("CH4")
    parts = [hydroxide, methane][::order]
    expected = energy_of(hydroxide, charge=-1) + energy_of(methane)
    assert side_energy(side(*parts, charge=-1)) == pytest.approx(expected)


def test_unpaired_electrons_sit_on_the_fragment_where_the_energy_is_lowest():
    oxygen, water = molecule("O2"), molecule("H2O")
    expected = energy_of(oxygen, multiplicity=3) + energy_of(water)
    assert side_energy(side(water, oxygen, multiplicity=3)) == pytest.approx(expected)


def test_one_molecule_keeps_the_charge_and_multiplicity_of_the_reaction():
    oxygen = molecule("O2")
    expected = energy_of(oxygen, charge=1, multiplicity=4)
    assert side_energy(side(oxygen, charge=1, multiplicity=4)) == pytest.approx(expected)


def test_relaxed_fragments_are_relaxed_each_on_its_own():
    water, methane = molecule("H2O"), molecule("CH4")
    expected = sum(relax(m.numbers, m.positions)[1] for m in (water, methane))
    assert sum(relax(*part)[1] for part in molecules(side(water, methane))) == pytest.approx(
        expected
    )


def electrons_of(*parts: Atoms, **whole: object) -> list[tuple[int, int]]:
    return [(one.charge, one.multiplicity) for one in molecules(side(*parts, **whole))]


FLUORIDE, CHLORIDE, HYDROGEN = Atoms("F"), Atoms("Cl"), Atoms("H")


@pytest.mark.parametrize(
    ("parts", "whole", "expected"),
    [
        ((FLUORIDE, molecule("CH3Cl")), {"charge": -1}, [(-1, 1), (0, 1)]),
        ((molecule("CH4"), molecule("OH")), {"multiplicity": 2}, [(0, 1), (0, 2)]),
        ((molecule("CH3"), molecule("OH")), {"multiplicity": 1}, [(0, 2), (0, 2)]),
        ((molecule("CH3"), molecule("OH")), {"multiplicity": 3}, [(0, 2), (0, 2)]),
        # Hydrogen has no place for the unpaired electrons of a quartet.
        ((HYDROGEN, molecule("O2")), {"multiplicity": 4}, [(0, 2), (0, 3)]),
        ((Atoms("Na"), CHLORIDE), {}, [(0, 2), (0, 2)]),
    ],
)
def test_molecules_of_structures_are_neutral_but_for_one_and_of_lowest_spin(parts, whole, expected):
    assert electrons_of(*parts, **whole) == expected
    assert electrons_of(*parts[::-1], **whole) == expected[::-1]


def test_states_that_are_given_stand_whatever_the_energy():
    sodium, ammonia = Atoms("Na"), molecule("NH3")
    assert electrons_of(sodium, CHLORIDE, states=[[1, 1], [-1, 1]]) == [(1, 1), (-1, 1)]
    pair = side(sodium, CHLORIDE, states=[[1, 1], [-1, 1]])
    expected = energy_of(sodium, charge=1) + energy_of(CHLORIDE, charge=-1)
    assert side_energy(pair) == pytest.approx(expected)
    # A higher spin of the whole than they combine to is added where it costs least.
    oxygen = {"states": [[0, 1], [0, 1]], "multiplicity": 3}
    assert electrons_of(ammonia, molecule("O2"), **oxygen) == [(0, 1), (0, 3)]


def test_a_spin_that_no_molecule_can_have_says_so():
    with pytest.raises(CalculationError, match="multiplicity 5"):
        molecules(side(HYDROGEN, HYDROGEN, multiplicity=5))
