"""Energies in an implicit solvent, under a name that says so."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from tscreen import calculator
from tscreen.actors.quantum.levels import MODEL_LEVEL, chosen_backend, label
from tscreen.actors.quantum.solvents import OTHER_NAMES, known_solvent
from tscreen.actors.quantum.xtb import Surface, energy, relax
from tscreen.schemas.units import KCAL_MOL

pytest.importorskip("tblite")


def test_acid_and_base_become_ions_in_water_and_not_in_the_gas_phase():
    ammonia, acid = molecule("NH3"), molecule("CH3COOH")
    up = ammonia.positions[0] - ammonia.positions[1:].mean(axis=0)
    ammonium = ammonia + Atoms("H", [ammonia.positions[0] + up / np.linalg.norm(up)])
    between = acid.get_all_distances()
    oxygen, hydrogen = np.flatnonzero(acid.numbers == 8), np.flatnonzero(acid.numbers == 1)
    acetate = acid.copy()
    del acetate[hydrogen[between[hydrogen][:, oxygen].min(axis=1).argmin()]]

    def reaction_energy(solvent: str | None) -> float:
        surface = Surface(solvent=solvent)
        energies = [
            sign * relax(one.numbers, one.positions, charge, surface=surface)[1]
            for sign, one, charge in (
                (1, acetate, -1),
                (1, ammonium, 1),
                (-1, acid, 0),
                (-1, ammonia, 0),
            )
        ]
        return sum(energies) / KCAL_MOL

    assert reaction_energy(None) > 120
    assert abs(reaction_energy("water")) < 15


@pytest.mark.parametrize("level", ["gfn2-xtb", "gfn1-xtb"])
def test_every_solvent_lowers_the_energy_of_water(level):
    water = molecule("H2O")
    alone = energy(water.numbers, water.positions, surface=Surface(level))
    for solvent in OTHER_NAMES:
        surface = Surface(level, solvent=solvent)
        assert energy(water.numbers, water.positions, surface=surface) < alone


def test_forces_are_those_of_the_energy_in_the_solvent():
    atoms = molecule("CH3OH")
    atoms.calc = calculator(solvent="water")
    forces, energies = atoms.get_forces(), []
    for step in (-0.005, 0.005):
        moved = atoms.copy()
        moved.positions[0, 1] += step
        moved.calc = calculator(solvent="H2O")
        energies.append(moved.get_potential_energy())
    assert forces[0, 1] == pytest.approx(-(energies[1] - energies[0]) / 0.01, abs=5e-3)


def test_the_correction_stays_that_of_the_gas_phase():
    atoms = molecule("CH3OH")
    added = {}
    for solvent in (None, "thf"):
        energies = []
        for level in ("gfn2-xtb+delta", MODEL_LEVEL):
            atoms.calc = calculator(level, solvent=solvent)
            energies.append(atoms.get_potential_energy())
        added[solvent] = energies[0] - energies[1]
    assert added["thf"] == pytest.approx(added[None], abs=1e-4)


def test_a_solvent_has_many_names_and_results_have_one():
    for name in ("Water", "H2O", "water"):
        assert known_solvent(name) == "water"
    assert known_solvent("n-Hexane") == "hexane"
    assert known_solvent("diethyl ether") == "ether"
    assert label(MODEL_LEVEL, "water") == "GFN2-xTB(ALPB water)"
    with pytest.raises(ValueError, match="did you mean toluene"):
        known_solvent("tolulene")
    with pytest.raises(ValueError, match="unknown solvent"):
        calculator(solvent="xyzzy")


@pytest.mark.parametrize(
    ("level", "backend", "reason"),
    [("gfn2-xtb", "xtb", "tblite can"), ("wb97x-d3/def2-svp", None, "leave the solvent out")],
)
def test_what_has_no_alpb_is_refused(level, backend, reason):
    with pytest.raises(ValueError, match=reason):
        chosen_backend(level, backend, "water")
