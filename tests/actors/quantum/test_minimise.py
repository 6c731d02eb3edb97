"""Relaxation from springs takes fewer steps and ends in the same minimum."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.optimize import BFGS

from tscreen.actors.quantum.minimise import LEAST_STIFFNESS, minimise, springs
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE


def rattled() -> Atoms:
    atoms = molecule("CH3COOH")
    atoms.rattle(0.05, seed=0)
    return DEFAULT_SURFACE.atoms(atoms.numbers, atoms.positions, 0, 1)


def test_it_ends_in_the_minimum_that_a_relaxation_without_springs_reaches():
    one, other = rattled(), rattled()
    assert minimise(one, 0.005, 200)
    assert BFGS(other, logfile=None).run(fmax=0.005, steps=500)
    assert one.get_potential_energy() == pytest.approx(other.get_potential_energy(), abs=1e-4)
    assert not minimise(rattled(), 0.005, 2)


def test_springs_resist_stretching_most_and_every_direction_a_little():
    atoms = molecule("CH3COOH")
    values = np.linalg.eigvalsh(springs(atoms.numbers, atoms.positions))
    np.testing.assert_allclose(values[:6], LEAST_STIFFNESS, atol=0.2)
    assert 40 < values[-1] < 200


def test_second_derivatives_that_are_known_can_take_the_place_of_springs():
    atoms = rattled()
    unstable = -np.eye(3 * len(atoms)) * 1e-3
    assert minimise(atoms, 0.05, 200, matrix=unstable)
