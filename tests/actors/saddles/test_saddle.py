"""A search ends at a saddle point of its own reaction, or says why not."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.calculator import CalculationFailed, Calculator
from conftest import reaction_row, reaction_table
from scipy.spatial.transform import Rotation

from tscreen.actors.quantum import levels
from tscreen.actors.quantum.hessian import Modes, hessian, modes
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, relax
from tscreen.actors.saddles import saddle
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import Reaction, reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


@pytest.fixture
def hydrogen_shift() -> Reaction:
    return reactions_of(reaction_table(reaction_row("hcn")))[0]


def test_a_search_from_a_good_guess_ends_at_a_first_order_saddle(hydrogen_shift):
    found = locate(hydrogen_shift, NEAR_TS)
    assert 1000 < found.frequency_cm1 < 2000
    assert 1 <= found.steps <= saddle.MAX_STEPS
    atoms = DEFAULT_SURFACE.atoms(hydrogen_shift.atomic_numbers, found.positions, 0, 1)
    assert np.abs(atoms.get_forces()).max() < 0.02
    assert modes(atoms, hessian(atoms)).n_imaginary == 1
    assert found.energy == pytest.approx(atoms.get_potential_energy(), abs=1e-4)


def keto_enol(keto: Atoms) -> Reaction:
    """Acetaldehyde to vinyl alcohol, one methyl hydrogen put on the oxygen."""
    enol = keto.get_positions()
    enol[5] = enol[0] + [0.6, 0.76, 0.0]
    none = [0] * len(keto)
    row = reaction_row(
        "keto-enol",
        atomic_numbers=keto.numbers.tolist(),
        reactant_positions=keto.positions.tolist(),
        product_positions=enol.tolist(),
        reactant_fragments=none,
        product_fragments=none,
    )
    return reactions_of(reaction_table(row))[0]


def test_the_saddle_of_a_turning_methyl_group_is_not_taken_for_the_reaction():
    keto = molecule("CH3CHO")
    reaction = keto_enol(keto)
    carbon, methyl = keto.positions[1], keto.positions[3]
    axis = (methyl - carbon) / np.linalg.norm(methyl - carbon)
    turn = Rotation.from_rotvec(np.deg2rad(55) * axis)
    keto.positions[4:] = methyl + turn.apply(keto.positions[4:] - methyl)
    with pytest.raises(CalculationError, match="no bond of this reaction") as caught:
        locate(reaction, keto.positions)
    assert caught.value.code == "saddle_not_found"


def test_a_search_that_runs_out_of_steps_finds_nothing(hydrogen_shift, monkeypatch):
    monkeypatch.setattr(saddle, "MAX_STEPS", 1)
    with pytest.raises(CalculationError, match="within 1 steps") as caught:
        locate(hydrogen_shift, NEAR_TS)
    assert caught.value.code == "saddle_not_found"


def test_what_is_not_low_enough_gets_no_second_derivatives(hydrogen_shift, monkeypatch):
    height = locate(hydrogen_shift, NEAR_TS).energy
    assert locate(hydrogen_shift, NEAR_TS, below=height + 0.01).energy == pytest.approx(height)
    monkeypatch.setattr(saddle, "hessian", None)
    with pytest.raises(CalculationError, match="not low enough") as caught:
        locate(hydrogen_shift, NEAR_TS, below=height - 0.01)
    assert caught.value.code == "saddle_not_found"


def test_a_candidate_that_is_a_minimum_is_refused(hydrogen_shift):
    minimum, _ = relax(np.array([1, 6, 7]), hydrogen_shift.reactant_positions, fmax=0.005)
    with pytest.raises(CalculationError, match="0 imaginary modes") as caught:
        locate(hydrogen_shift, minimum)
    assert caught.value.code == "wrong_imaginary_count"


@pytest.mark.parametrize("ridges", [1, 2])
def test_a_search_that_ends_on_a_ridge_goes_on_beside_it_once(hydrogen_shift, monkeypatch, ridges):
    seen = []

    def with_ridge(atoms, matrix):
        found = modes(atoms, matrix)
        seen.append(found.direction)
        bent = np.array([-1200.0, -300.0, *found.frequencies_cm1[2:]])
        # the weaker one is that of the reaction
        swapped = found.directions[[1, 0, *range(2, len(bent))]]
        return Modes(bent, swapped) if len(seen) <= ridges else found

    whole = locate(hydrogen_shift, NEAR_TS)
    monkeypatch.setattr(saddle, "modes", with_ridge)
    begun = []
    climb = saddle._climb
    monkeypatch.setattr(saddle, "_climb", lambda *told: begun.append(told[2]) or climb(*told))
    if ridges > 1:
        with pytest.raises(CalculationError, match="2 imaginary modes"):
            locate(hydrogen_shift, NEAR_TS)
    else:
        found = locate(hydrogen_shift, NEAR_TS)
        assert found.energy == pytest.approx(whole.energy, abs=1e-4)
        assert found.steps > whole.steps
    first, second = begun
    assert first is None
    np.testing.assert_array_equal(second, seen[0])


def test_a_search_without_time_left_is_a_timeout_at_once(hydrogen_shift):
    with pytest.raises(CalculationError) as caught:
        locate(hydrogen_shift, NEAR_TS, Surface(deadline=0.0))
    assert caught.value.code == "xtb_timeout"


class Broken(Calculator):
    """Raises whatever it is told to."""

    implemented_properties = ("energy", "forces")
    error: Exception

    def calculate(self, *args, **kwargs):
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"),
    [(CalculationFailed("no convergence"), "xtb_scf"), (RuntimeError("oops"), "xtb_crash")],
)
def test_a_failure_of_the_program_is_the_error_of_the_search(
    hydrogen_shift, monkeypatch, error, code
):
    monkeypatch.setattr(Broken, "error", error, raising=False)
    monkeypatch.setattr(levels, "_program", lambda *_: Broken())
    with pytest.raises(CalculationError) as caught:
        locate(hydrogen_shift, NEAR_TS)
    assert caught.value.code == code
    assert str(error) in caught.value.message
