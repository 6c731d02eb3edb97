"""Atoms that are pulled, stage by stage."""

import numpy as np
import pytest
from conftest import HCN

from tscreen.actors.between.pulling import Springs, distances, pulled
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.schemas.bonds import bond_graph

NUMBERS = np.array([1, 6, 7])
PAIRS = np.array([[0, 1]])


def test_springs_give_the_forces_that_their_energy_has():
    atoms = DEFAULT_SURFACE.atoms(NUMBERS, np.eye(3), 0, 1)
    pull = Springs(np.array([[0, 1], [2, 0]]), np.array([0.9, 2.0]))
    forces, shift = np.zeros((3, 3)), 1e-5
    pull.adjust_forces(atoms, forces)
    for place in np.ndindex(3, 3):
        energies = []
        for sign in (1, -1):
            atoms.positions[place] += sign * shift
            energies.append(pull.adjust_potential_energy(atoms))
            atoms.positions[place] -= sign * shift
        assert forces[place] == pytest.approx(-np.subtract(*energies) / (2 * shift), abs=1e-5)


def test_a_way_ends_where_the_bonds_are_those_wanted():
    atoms = DEFAULT_SURFACE.atoms(NUMBERS, HCN, 0, 1)
    bonds = bond_graph(NUMBERS, HCN + np.array([[0, 0, -3.0], [0, 0, 0], [0, 0, 0]]))
    lengths = np.linspace(1.2, 3.0, 10)[:, None]
    way = pulled(atoms, PAIRS, lengths, bonds)
    assert 1 < len(way) < len(lengths)
    assert np.array_equal(bond_graph(NUMBERS, way[-1].positions), bonds)
    assert np.all(np.diff([place.energy for place in way]) > 0)
    assert distances(atoms, PAIRS) == pytest.approx(lengths[len(way) - 1], abs=0.2)
    # without the energy of the springs
    again = DEFAULT_SURFACE.atoms(NUMBERS, way[-1].positions, 0, 1)
    assert way[-1].energy == pytest.approx(again.get_potential_energy(), abs=1e-5)
