"""The corrected level is a level like the others, with one head for a whole reaction."""

import time
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.optimize import BFGS
from conftest import reaction_row, reaction_table

from tscreen import calculator
from tscreen.actors.quantum import levels
from tscreen.actors.quantum.coverage import surface_of, why_uncorrected
from tscreen.actors.quantum.levels import CORRECTED_LEVEL, label
from tscreen.actors.quantum.programs import corrected
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.correction.committee import load_committee
from tscreen.schemas.reaction import reactions_of

CORRECTED = Surface(CORRECTED_LEVEL)
USUAL, LARGE, RADICAL, ANION, CATION = (
    load_committee().card.level_of(*molecule)
    for molecule in (
        ([1, 6], 0, 1),
        ([1, 6, 17], 0, 1),
        ([1, 6], 0, 2),
        ([1, 6], -1, 1),
        ([1, 6], 1, 1),
    )
)
"""Heads: of small closed shells, of those with halogens, of radicals and of ions."""

MANY = 200
LARGER = {
    "atomic_numbers": np.ones(MANY, np.uint8),
    "reactant_positions": np.arange(3.0 * MANY).reshape(MANY, 3),
    "product_positions": np.arange(3.0 * MANY).reshape(MANY, 3),
    "reactant_fragments": np.arange(MANY) % 2,
    "product_fragments": np.arange(MANY) % 2,
}


@pytest.fixture
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def bent(name: str, **state) -> Atoms:
    atoms = molecule(name)
    atoms.rattle(0.05, seed=1)
    atoms.calc = calculator(**state)
    return atoms


def test_a_molecule_is_relaxed_in_a_script_of_three_lines():
    atoms = molecule("CH3OH")
    atoms.calc = calculator()
    assert BFGS(atoms, logfile=None).run(fmax=0.02, steps=100)
    assert 1.3 < atoms.get_distance(0, 1) < 1.5


def test_forces_are_minus_the_slope_of_the_energy():
    atoms = bent("CH3CHO")
    forces = atoms.get_forces()
    for atom, axis in ((0, 1), (3, 2), (5, 0)):
        energies = []
        for step in (-0.01, 0.01):
            moved = atoms.copy()
            moved.positions[atom, axis] += step
            moved.calc = atoms.calc
            energies.append(moved.get_potential_energy())
        slope = (energies[1] - energies[0]) / 0.02
        assert forces[atom, axis] == pytest.approx(-slope, abs=5e-3)


def test_it_is_gfn2_xtb_and_what_the_committee_adds():
    atoms, plain = bent("CH3CHO"), bent("CH3CHO", level="gfn2-xtb")
    evaluate = load_committee().evaluator(atoms.numbers.astype(np.uint8), USUAL)
    more, pull = evaluate(atoms.positions)
    assert atoms.get_potential_energy() - plain.get_potential_energy() == pytest.approx(more)
    np.testing.assert_allclose(atoms.get_forces() - plain.get_forces(), pull, atol=1e-5)
    assert label(CORRECTED_LEVEL) == "GFN2-xTB+delta"


def test_a_lone_atom_is_not_corrected():
    for head in range(len(load_committee().card.levels)):
        surface = CORRECTED._replace(head=head)
        oxygen = np.array([8]), np.zeros((1, 3)), 0, 3
        assert energy(*oxygen, surface=surface) == pytest.approx(energy(*oxygen), abs=1e-6)


def test_the_committee_is_prepared_once_for_the_same_atoms():
    corrected._evaluator.cache_clear()
    for _ in range(3):
        energy(np.array([8, 1, 1]), molecule("H2O").positions, surface=CORRECTED)
    assert corrected._evaluator.cache_info().misses == 1


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("LiF", {}, "elements Li"),
        ("H2O", {"charge": 1, "multiplicity": 2}, "charge 1, multiplicity 2"),
    ],
)
def test_a_molecule_that_is_not_covered_is_refused_with_the_remedy(name, state, said):
    with pytest.raises(ValueError, match=rf"{said}\); use the level gfn2-xtb"):
        bent(name, **state).get_potential_energy()


def test_a_reaction_has_the_head_that_covers_all_of_it(shift):
    assert surface_of(shift, CORRECTED) == CORRECTED._replace(head=USUAL)
    assert why_uncorrected(shift, CORRECTED) is None
    halogen = replace(shift, atomic_numbers=np.array([1, 6, 17], np.uint8))
    assert surface_of(halogen, CORRECTED).head == LARGE
    radical = replace(shift, multiplicity=2, reactant_states=[[0, 1], [0, 2]])
    assert surface_of(radical, CORRECTED).head == RADICAL
    ions = [replace(shift, charge=q, reactant_states=[[q, 1], [0, 1]]) for q in (-1, 1)]
    assert [surface_of(ion, CORRECTED).head for ion in ions] == [ANION, CATION]
    assert len({USUAL, LARGE, RADICAL, ANION, CATION}) == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"atomic_numbers": np.array([1, 6, 32], np.uint8)}, "elements"),
        (LARGER, "size"),
        ({"multiplicity": 3}, "state"),
        ({"charge": 2}, "state"),
        ({"product_states": [[1, 1], [-1, 1]]}, "state"),
        ({"reactant_states": [[0, 2], [0, 2]]}, "state"),
        ({"multiplicity": 2, "product_states": [[1, 2], [-1, 1]]}, "state"),
    ],
)
def test_a_reaction_that_is_not_covered_is_left_to_gfn2_xtb(shift, change, reason):
    foreign = replace(shift, **change)
    assert surface_of(foreign, CORRECTED) == Surface("gfn2-xtb")
    assert why_uncorrected(foreign, CORRECTED) == reason


def test_other_surfaces_have_no_head(shift):
    surface = Surface("gfn1-xtb", deadline=5.0)
    assert surface_of(shift, surface) is surface
    assert why_uncorrected(shift, surface) is None


def test_a_call_after_the_deadline_is_a_timeout():
    with pytest.raises(CalculationError) as caught:
        energy(
            np.array([8, 1, 1]),
            molecule("H2O").positions,
            surface=CORRECTED._replace(deadline=time.process_time() - 1),
        )
    assert caught.value.code == "xtb_timeout"


@pytest.mark.parametrize("answer", [(np.nan, np.zeros((3, 3))), (0.0, np.full((3, 3), np.inf))])
def test_a_correction_that_is_not_finite_is_a_failed_calculation(monkeypatch, answer):
    monkeypatch.setattr(corrected, "_evaluator", lambda *_: lambda _: answer)
    with pytest.raises(CalculationError, match="not finite") as caught:
        energy(np.array([8, 1, 1]), molecule("H2O").positions, surface=CORRECTED)
    assert caught.value.code == "xtb_scf"


def test_both_programs_can_be_corrected():
    pytest.importorskip("xtb")
    pytest.importorskip("tblite")
    water = np.array([8, 1, 1]), molecule("H2O").positions
    one, other = (
        energy(*water, surface=CORRECTED._replace(backend=backend)) for backend in ("xtb", "tblite")
    )
    assert one == pytest.approx(other, abs=1e-4)
    assert levels.chosen_backend(CORRECTED_LEVEL) == levels.chosen_backend("gfn2-xtb")
