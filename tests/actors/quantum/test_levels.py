"""A level of theory is a name; the programs behind it look the same from outside."""

import re
import time

import numpy as np
import pytest
from ase.build import molecule
from ase.calculators.calculator import CalculationFailed
from ase.calculators.lj import LennardJones

from tscreen.actors.quantum import levels
from tscreen.actors.quantum.levels import calculator, chosen_backend, label
from tscreen.actors.workers.errors import CalculationError


def energy_and_forces(atoms, **options):
    atoms.calc = calculator(**options)
    return atoms.get_potential_energy(), atoms.get_forces()


def test_both_xtb_programs_give_the_same_energy_and_forces():
    pytest.importorskip("xtb")
    pytest.importorskip("tblite")
    energy, forces = energy_and_forces(molecule("CH3CH2OH"), backend="xtb")
    other_energy, other_forces = energy_and_forces(molecule("CH3CH2OH"), backend="tblite")
    assert energy == pytest.approx(other_energy, abs=1e-4)
    np.testing.assert_allclose(forces, other_forces, atol=1e-3)


def test_forces_are_right_when_atoms_lie_exactly_on_an_axis():
    atoms = molecule("CO2")
    atoms.positions[1, 0] += 0.05
    _, forces = energy_and_forces(atoms)
    energies = []
    for step in (-0.005, 0.005):
        moved = atoms.copy()
        moved.positions[2, 0] += step
        energies.append(energy_and_forces(moved)[0])
    assert forces[2, 0] == pytest.approx(-(energies[1] - energies[0]) / 0.01, abs=2e-3)


def test_charge_and_multiplicity_reach_the_program():
    hydroxyl = molecule("OH")
    radical, _ = energy_and_forces(hydroxyl, multiplicity=2)
    anion, _ = energy_and_forces(hydroxyl, charge=-1)
    assert anion < radical - 1.0
    singlet, _ = energy_and_forces(molecule("H2O"))
    triplet, _ = energy_and_forces(molecule("H2O"), multiplicity=3)
    assert triplet > singlet + 3.0


@pytest.mark.parametrize("state", [{"charge": 1}, {"multiplicity": 2}, {"multiplicity": 0}])
def test_electrons_that_do_not_fit_charge_and_multiplicity_are_an_error(state):
    with pytest.raises(CalculationError, match="do not fit") as caught:
        energy_and_forces(molecule("H2O"), **state)
    assert caught.value.code == "electron_count"


def test_atoms_on_top_of_each_other_are_a_scf_error_without_a_word_on_the_terminal(capfd):
    atoms = molecule("CH3CH2OH")
    atoms.positions[1] = atoms.positions[0]
    with pytest.raises(CalculationError) as caught:
        energy_and_forces(atoms)
    assert caught.value.code == "xtb_scf"
    assert capfd.readouterr() == ("", "")


def test_a_call_after_the_deadline_is_a_timeout():
    with pytest.raises(CalculationError) as caught:
        energy_and_forces(molecule("H2O"), deadline=time.process_time() - 1)
    assert caught.value.code == "xtb_timeout"


class FailingFirst(LennardJones):
    """Fails on its first call of the process, works from then on."""

    failures = 1

    def calculate(self, *args, **kwargs):
        if FailingFirst.failures:
            FailingFirst.failures -= 1
            raise CalculationFailed("no convergence")
        super().calculate(*args, **kwargs)


@pytest.mark.parametrize(("failures", "recovers"), [(1, True), (2, False)])
def test_a_failed_calculation_is_tried_once_more_from_scratch(monkeypatch, failures, recovers):
    started = []
    monkeypatch.setattr(FailingFirst, "failures", failures)
    monkeypatch.setattr(levels, "_program", lambda *_: started.append(1) or FailingFirst())
    if recovers:
        assert np.isfinite(energy_and_forces(molecule("H2O"))[0])
    else:
        with pytest.raises(CalculationError, match="no convergence"):
            energy_and_forces(molecule("H2O"))
    assert len(started) == 2


def test_an_unknown_level_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"gfn1-xtb, gfn2-xtb, gfn2-xtb\+delta, wb97x-d3/def2-svp, .*ase:package"
    ):
        calculator("b3lyp")


def test_results_spell_the_level_as_chemists_do():
    assert label("gfn2-xtb") == "GFN2-xTB"
    assert label("wb97x-d3/def2-svp") == "wB97X-D3/def2-SVP"


def test_tblite_is_used_where_xtb_is_missing(monkeypatch):
    monkeypatch.setattr(levels, "find_spec", lambda name: None if name == "xtb" else object())
    assert chosen_backend("gfn2-xtb") == "tblite"


@pytest.mark.parametrize(
    ("level", "remedy"),
    [
        ("gfn2-xtb", "needs tblite, which is not installed; get it: pip install tblite"),
        (
            "wb97x-d3/def2-svp",
            "needs pyscf, which is not installed; get it: pip install 'tscreen[dft]'",
        ),
    ],
)
def test_without_any_program_the_error_says_what_to_install(monkeypatch, level, remedy):
    monkeypatch.setattr(levels, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=re.escape(remedy)):
        calculator(level)


def test_a_program_that_was_named_is_not_replaced_by_another(monkeypatch):
    monkeypatch.setattr(levels, "find_spec", lambda name: None if name == "xtb" else object())
    with pytest.raises(ImportError, match=r"needs xtb, .* pip install xtb"):
        chosen_backend("gfn2-xtb", "xtb")


@pytest.mark.parametrize(
    ("level", "backend", "fitting"),
    [("gfn2-xtb", "pyscf", "xtb or tblite can"), ("wb97x-d3/def2-svp", "xtb", "pyscf can")],
)
def test_a_program_that_cannot_compute_the_level_is_refused(level, backend, fitting):
    with pytest.raises(ValueError, match=f"{backend} cannot compute {level}; {fitting}"):
        calculator(level, backend=backend)
