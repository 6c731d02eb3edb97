"""The DFT level: right forces, dispersion included, behind the seam of all levels."""

import os
import subprocess
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from tscreen.actors.quantum.levels import calculator
from tscreen.actors.quantum.xtb import Surface, relax
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.threads import NAMES

pytest.importorskip("pyscf")

LEVEL = "wb97x-d3/def2-svp"
STEP = 0.002


def energy_and_forces(atoms, **state):
    atoms.calc = calculator(LEVEL, **state)
    return atoms.get_potential_energy(), atoms.get_forces()


def slope(atoms, atom, axis, **state):
    """Force on an atom by central difference, from fresh densities."""
    energies = []
    for step in (-STEP, STEP):
        moved = atoms.copy()
        moved.positions[atom, axis] += step
        energies.append(energy_and_forces(moved, **state)[0])
    return (energies[0] - energies[1]) / (2 * STEP)


def test_forces_on_water_are_the_slope_of_its_energy():
    water = molecule("H2O")
    energy, forces = energy_and_forces(water)
    assert energy == pytest.approx(-2077.253, abs=0.005)
    for atom, axis in ((0, 2), (1, 1)):
        assert forces[atom, axis] == pytest.approx(slope(water, atom, axis), abs=5e-4)


def test_a_doublet_is_computed_with_unequal_spins():
    hydroxyl = molecule("OH")
    hydroxyl.positions[1, 2] -= 0.05
    radical, forces = energy_and_forces(hydroxyl, multiplicity=2)
    assert forces[1, 2] == pytest.approx(slope(hydroxyl, 1, 2, multiplicity=2), abs=5e-4)
    anion, _ = energy_and_forces(hydroxyl, charge=-1)
    assert abs(anion - radical) > 0.05
    oxygen, _ = energy_and_forces(Atoms("O"), multiplicity=3)
    hydrogen, _ = energy_and_forces(Atoms("H"), multiplicity=2)
    assert oxygen + hydrogen - radical == pytest.approx(4.6, abs=0.4)


def test_dispersion_is_in_the_energy_and_in_the_forces(monkeypatch):
    def pairs():
        return [
            energy_and_forces(Atoms("Ar2", [[0, 0, 0], [0, 0, distance]]))
            for distance in (4.0 - STEP, 4.0 + STEP)
        ]

    whole = pairs()
    monkeypatch.setattr("tscreen.actors.quantum.programs.pyscf_calculator.DISPERSION", False)
    near, far = (
        (full[0] - bare[0], (full[1] - bare[1])[1, 2])
        for full, bare in zip(whole, pairs(), strict=True)
    )
    assert far[0] < -0.003
    assert far[1] < -0.003
    assert (near[1] + far[1]) / 2 == pytest.approx((near[0] - far[0]) / (2 * STEP), rel=1e-3)


def test_relaxing_water_gives_its_geometry():
    water = molecule("H2O")
    positions, _ = relax(water.numbers, 1.05 * water.positions, surface=Surface(LEVEL))
    assert np.linalg.norm(positions[0] - positions[1]) == pytest.approx(0.96, abs=0.01)


def test_atoms_on_top_of_each_other_are_a_scf_error_without_a_word_on_the_terminal(capfd):
    ethanol = molecule("CH3CH2OH")
    ethanol.positions[1] = ethanol.positions[0]
    for atoms in (ethanol, Atoms("H2", np.zeros((2, 3)))):
        with pytest.raises(CalculationError) as caught:
            energy_and_forces(atoms)
        assert caught.value.code == "xtb_scf"
    assert capfd.readouterr() == ("", "")


def test_a_density_that_does_not_converge_is_a_scf_error(monkeypatch):
    monkeypatch.setattr("pyscf.scf.hf.SCF.max_cycle", 1)
    with pytest.raises(CalculationError, match="did not converge") as caught:
        energy_and_forces(molecule("H2O"))
    assert caught.value.code == "xtb_scf"


ONE_THREAD = """
from tscreen.actors.workers.threads import hold_to_one_thread
hold_to_one_thread()
from pyscf import lib
print(lib.num_threads())
"""


def test_a_calculation_keeps_to_the_one_thread_of_its_worker():
    # In a process of its own: whatever else is tested here may have asked for more of them.
    free = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", ONE_THREAD], env=free, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
