"""Normal modes tell a minimum from a saddle point."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from tscreen.actors.quantum.hessian import hessian, modes
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, relax


def on_surface(atoms: Atoms) -> Atoms:
    return DEFAULT_SURFACE.atoms(atoms.numbers, atoms.positions, 0, 1)


@pytest.mark.parametrize("name", ["H2O", "CO2", "CH3CHO"])
def test_a_minimum_has_no_imaginary_mode(name):
    atoms = molecule(name)
    atoms.positions, _ = relax(atoms.numbers, atoms.positions, fmax=0.01)
    atoms = on_surface(atoms)
    found = modes(atoms, hessian(atoms))
    assert found.n_imaginary == 0
    assert found.frequency_cm1 is None


def test_planar_ammonia_has_one_imaginary_mode_along_its_umbrella_motion():
    angles = np.deg2rad([0, 120, 240])
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(3)], axis=1)
    atoms = on_surface(Atoms("NH3", np.vstack([np.zeros(3), ring])))
    found = modes(atoms, hessian(atoms))
    assert found.n_imaginary == 1
    assert 500 < found.frequency_cm1 < 1200
    np.testing.assert_allclose(np.abs(found.direction[1:]), [[0, 0, 1]] * 3, atol=0.02)


def test_overall_motion_does_not_count_away_from_a_stationary_point():
    atoms = molecule("H2O")
    atoms.positions *= 1.1
    atoms = on_surface(atoms)
    assert modes(atoms, hessian(atoms)).n_imaginary == 0


def test_the_hessian_leaves_the_atoms_where_they_were():
    atoms = on_surface(molecule("H2O"))
    before = atoms.get_positions()
    matrix = hessian(atoms)
    np.testing.assert_array_equal(atoms.positions, before)
    np.testing.assert_allclose(matrix, matrix.T)
