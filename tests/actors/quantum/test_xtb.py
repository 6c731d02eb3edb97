"""Energies and relaxations of single molecules."""

import numpy as np
import pytest
from ase.build import molecule

from tscreen.actors.quantum.xtb import Surface, energy, relax
from tscreen.actors.workers.errors import CalculationError


def test_relaxing_a_stretched_molecule_reaches_the_same_minimum_as_relaxing_a_good_one():
    water = molecule("H2O")
    good, lowest = relax(water.numbers, water.positions)
    stretched, reached = relax(water.numbers, 1.3 * water.positions)
    assert reached == pytest.approx(lowest, abs=2e-3)
    for positions in (good, stretched):
        assert np.linalg.norm(positions[0] - positions[1]) == pytest.approx(0.96, abs=0.01)


def test_relaxing_a_lone_atom_leaves_it_alone():
    positions, reached = relax(np.array([8]), np.ones((1, 3)), 0, 3)
    np.testing.assert_array_equal(positions, np.ones((1, 3)))
    assert reached == energy(np.array([8]), np.ones((1, 3)), 0, 3)


def test_a_minimum_that_is_not_reached_in_the_steps_allowed_is_an_error():
    water = molecule("H2O")
    with pytest.raises(CalculationError) as caught:
        relax(water.numbers, 1.3 * water.positions, max_steps=1)
    assert caught.value.code == "xtb_not_relaxed"


def test_a_relaxation_stops_at_the_deadline():
    water = molecule("H2O")
    with pytest.raises(CalculationError) as caught:
        relax(water.numbers, water.positions, surface=Surface(deadline=0.0))
    assert caught.value.code == "xtb_timeout"


def test_the_energy_does_not_change_when_a_molecule_turns():
    ethanol = molecule("CH3CH2OH")
    before = energy(ethanol.numbers, ethanol.positions)
    ethanol.rotate(50, (1, 2, 3))
    assert energy(ethanol.numbers, ethanol.positions) == pytest.approx(before, abs=1e-6)
