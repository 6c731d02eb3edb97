"""Single bonds that turn: which they are, and what turning them gives."""

import numpy as np
import pytest
from ase.build import molecule
from hypothesis import given
from hypothesis import strategies as st

from tscreen.actors.conformers.turns import ANGLES, CLASH, hollows, rotors, single, turned
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph


def named(name: str):
    atoms = molecule(name)
    bonds = bond_graph(atoms.numbers, atoms.positions)
    return atoms, bonds, rotors(atoms.numbers, bonds, bonds)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("trans-butane", 1),  # methyl groups look the same after a third of a turn
        ("CH3CH2OH", 1),
        ("C6H6", 0),
        ("cyclobutane", 0),
        ("CH4", 0),
        ("H2O", 0),
    ],
)
def test_what_turns_lies_on_no_ring_and_has_unequal_atoms_on_both_ends(name, count):
    assert len(named(name)[2]) == count


def test_double_bonds_are_not_single():
    for name, singles in (("trans-butane", 3), ("C2H4", 0), ("C2H2", 0), ("HCOOH", 1)):
        atoms = molecule(name)
        heavy = atoms[atoms.numbers > 1]
        bonds = bond_graph(heavy.numbers, heavy.positions)
        assert single(heavy.numbers, heavy.positions, bonds).sum() == 2 * singles


def test_a_ring_that_a_forming_bond_closes_keeps_a_bond_from_turning():
    atoms, bonds, [rotor] = named("CH3CH2OH")
    oxygen = int(np.flatnonzero(atoms.numbers == 8)[0])
    alcohol = next(a for a in np.flatnonzero(bonds[oxygen]) if atoms.numbers[a] == 1)
    carbons = [int(a) for a in np.flatnonzero(atoms.numbers == 6)]
    methyl = next(a for a in carbons if not bonds[a, oxygen])
    closed = bonds.copy()
    closed[alcohol, methyl] = closed[methyl, alcohol] = True
    assert {rotor.fixed, rotor.pivot} & {oxygen}
    assert rotors(atoms.numbers, closed, bonds) == []


def test_a_bond_that_is_broken_on_one_side_does_not_turn():
    atoms, bonds, [rotor] = named("CH3CH2OH")
    broken = bonds.copy()
    broken[rotor.fixed, rotor.pivot] = broken[rotor.pivot, rotor.fixed] = False
    assert rotors(atoms.numbers, bonds, broken) == []


@given(st.integers(0, 2**32 - 1))
def test_turning_keeps_both_ends_as_they_are_and_comes_round_again(seed):
    atoms, _, [rotor] = named("CH3CH2OH")
    start = atoms.positions + np.random.default_rng(seed).normal(0, 0.05, atoms.positions.shape)
    moving = [*rotor.moving, rotor.pivot, rotor.fixed]
    staying = np.setdiff1d(np.arange(len(start)), rotor.moving)
    for structure in turned(start, rotor):
        for part in (moving, staying):
            assert distances(structure[part]) == pytest.approx(distances(start[part]))
    last = turned(turned(start, rotor)[0], rotor)[len(ANGLES) - 1]
    assert last == pytest.approx(start)


def distances(positions: np.ndarray) -> np.ndarray:
    return np.linalg.norm(positions[:, None] - positions, axis=-1)


def test_what_lies_on_the_line_of_the_bond_is_not_turned():
    atoms, _, [rotor] = named("CH3CH2OH")
    axis = atoms.positions[rotor.pivot] - atoms.positions[rotor.fixed]
    straight = atoms.positions.copy()
    straight[rotor.moving] = straight[rotor.pivot] + axis * 0.7
    assert turned(straight, rotor) == []


def test_hollows_are_the_minima_of_a_turn_without_clashes_lowest_first():
    atoms, _, [rotor] = named("CH3CH2OH")
    structures = [atoms.positions, *turned(atoms.positions, rotor)]
    levels = [1.0, 0.5, 0.8, CLASH + 2.0, CLASH + 1.5, CLASH + 3.0]

    def energy(structure: np.ndarray) -> float:
        return levels[int(np.argmin([np.abs(structure - one).max() for one in structures]))]

    [found] = hollows(atoms.positions, rotor, energy)
    assert found == pytest.approx(structures[1])
    levels[4] = 0.1
    assert hollows(atoms.positions, rotor, energy)[0] == pytest.approx(structures[4])


def test_a_structure_without_an_energy_is_left_out_but_the_end_of_the_time_is_told():
    atoms, _, [rotor] = named("CH3CH2OH")

    def fails(code: str):
        def energy(structure: np.ndarray) -> float:
            if np.allclose(structure, atoms.positions):
                return 0.0
            raise CalculationError(code, "")

        return energy

    assert hollows(atoms.positions, rotor, fails("xtb_scf")) == []
    with pytest.raises(CalculationError):
        hollows(atoms.positions, rotor, fails("xtb_timeout"))
