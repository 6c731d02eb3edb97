"""Energies of many reactions on several cores; what fails is nan and costs only itself."""

import os
from dataclasses import replace

import numpy as np
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.quantum.single_points import SinglePointPool, single_points
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import reactions_of

TS = np.array([[1.09, 0.0, 0.48], [0.0, 0.0, 0.0], [0.0, 0.0, 1.2]])
ON_TOP = np.zeros((3, 3))


@pytest.fixture
def reaction():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_energies_and_forces_are_those_of_the_single_molecules(reaction):
    found = single_points(reaction, np.stack([TS, HNC]))
    numbers = reaction.atomic_numbers
    assert found.reactant == pytest.approx(energy(numbers, HCN), abs=1e-4)
    assert found.structures == pytest.approx([energy(numbers, x) for x in (TS, HNC)], abs=1e-4)
    atoms = DEFAULT_SURFACE.atoms(numbers, TS, 0, 1)
    assert np.allclose(found.forces[0], atoms.get_forces(), atol=1e-4)


def test_one_bad_structure_is_nan_and_all_bad_ones_are_an_error(reaction):
    found = single_points(reaction, np.stack([ON_TOP, TS]))
    assert np.isnan(found.structures[0])
    assert np.isnan(found.forces[0]).all()
    assert np.isfinite(found.barriers[1])
    with pytest.raises(CalculationError):
        single_points(reaction, ON_TOP[None])


def test_many_reactions_on_two_cores_in_order(reaction):
    odd = replace(reaction, charge=1)
    with SinglePointPool(2) as pool:
        found = pool([reaction, odd, reaction], [TS[None], TS[None], HCN[None]])
    assert np.isfinite(found[0].barriers).all()
    assert np.isnan([found[1].reactant, found[1].structures[0]]).all()
    assert found[2].barriers[0] == pytest.approx(0.0, abs=1e-2)


class Fatal(Surface):
    """Ends the process at a charge, as xTB's Fortran does at some structures."""

    def atoms(self, numbers, positions, charge, multiplicity):
        if charge == 1:
            os._exit(1)
        return super().atoms(numbers, positions, charge, multiplicity)


def test_a_calculation_that_ends_its_process_costs_only_itself(reaction):
    fatal = replace(reaction, charge=1, reactant_states=((1, 1),), product_states=((1, 1),))
    with SinglePointPool(1, Fatal(*DEFAULT_SURFACE)) as pool:
        for _ in range(2):
            found = pool([reaction, fatal, reaction], [TS[None]] * 3)
            assert [np.isfinite(one.structures[0]) for one in found] == [True, False, True]
            assert np.isnan([found[1].reactant, found[1].product]).all()
