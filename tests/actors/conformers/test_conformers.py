"""Lower conformers of saddle points and molecules on GFN2-xTB."""

import time
from contextlib import suppress

import numpy as np
import pytest
from conftest import reaction_row, reaction_table
from rdkit import Chem
from rdkit.Chem import AllChem

from tscreen.actors import verified
from tscreen.actors.conformers import minima, saddles
from tscreen.actors.conformers.minima import below
from tscreen.actors.conformers.saddles import LOWER, others, ranked
from tscreen.actors.conformers.turns import Rotor, turned
from tscreen.actors.defaults import Effort
from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy, relax
from tscreen.actors.saddles import ladder
from tscreen.actors.saddles.ladder import climb
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.verified import Order, search
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.units import KCAL_MOL, ROOM_TEMPERATURE


def placed(smiles: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Atomic numbers and positions (N, 3) in Å of a molecule, by the map numbers of its atoms."""
    keep = Chem.SmilesParserParams()
    keep.removeHs = False
    mol = Chem.MolFromSmiles(smiles, keep)
    order = np.argsort([atom.GetAtomMapNum() for atom in mol.GetAtoms()])
    AllChem.EmbedMolecule(mol, randomSeed=seed)
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
    return numbers[order], mol.GetConformer().GetPositions()[order]


HYDROXYL = "[O:1]([H:5])[C:2]([H:6])([H:7])"
ALCOHOL = f"{HYDROXYL}[C:3]([H:4])([H:8])[F:9]"


@pytest.fixture(scope="module")
def shift() -> Reaction:
    """HOCH2-NC to HOCH2-CN: a group moves within three atoms, and its hydroxyl end may turn."""
    (numbers, reactant), (_, product) = (
        placed(f"{HYDROXYL}{end}", 1) for end in ("[N+:3]#[C-:4]", "[C:4]#[N:3]")
    )
    row = reaction_row(
        "shift",
        atomic_numbers=numbers.tolist(),
        reactant_positions=relax(numbers, reactant)[0].tolist(),
        product_positions=relax(numbers, product)[0].tolist(),
        reactant_fragments=[0] * len(numbers),
        product_fragments=[0] * len(numbers),
    )
    return reactions_of(reaction_table(row))[0]


@pytest.fixture(scope="module")
def starts(shift) -> list[np.ndarray]:
    """Near two of its saddle points (N, 3) in Å, the higher one first."""
    oxygen, carbon, nitrogen, other, hydrogen = range(5)
    guess = shift.product_positions.astype(float)
    along = guess[other] - guess[carbon]
    along /= np.linalg.norm(along)
    across = np.cross(along, guess[oxygen] - guess[carbon])
    across *= 0.6 / np.linalg.norm(across)
    guess[other], guess[nitrogen] = (guess[carbon] + 1.7 * along + way * across for way in (1, -1))
    first = locate(shift, guess)
    rotor = Rotor(carbon, oxygen, np.array([hydrogen]))
    found = [first]
    for structure in turned(first.positions, rotor):
        with suppress(CalculationError):
            found.append(locate(shift, structure))
    found.sort(key=lambda saddle: saddle.energy)
    assert found[-1].energy - found[0].energy > LOWER
    return [found[-1].positions, found[0].positions]


@pytest.fixture(autouse=True)
def nothing_driven(monkeypatch):
    """Driven bonds would find what turns and folds are asked for."""
    monkeypatch.setattr(saddles, "FROM_SIDES", {})


@pytest.mark.parametrize("name", ladder.FROM_SIDES)
def test_a_start_from_the_sides_leads_to_a_lower_saddle_point(shift, starts, monkeypatch, name):
    monkeypatch.setattr(saddles, "FROM_SIDES", {name: lambda *_: starts[1]})
    high = climb(shift, [starts[0]], DEFAULT_SURFACE, 60.0).found
    assert next(others(shift, high, [], DEFAULT_SURFACE)).by == name


@pytest.mark.parametrize("start", ladder.FROM_SIDES.values())
def test_the_sides_alone_lead_to_a_saddle_point(shift, start):
    assert locate(shift, start(shift, DEFAULT_SURFACE)).energy < 0


def test_a_turn_leads_to_the_lower_saddle_point_from_the_higher_one(shift, starts):
    high, low = (climb(shift, [start], DEFAULT_SURFACE, 60.0).found for start in starts)
    found = list(others(shift, high, [], DEFAULT_SURFACE))
    assert {one.by for one in found} == {"turn-1-0"}
    assert all(one.joined for one in found)
    assert min(one.saddle.energy for one in found) == pytest.approx(low.saddle.energy, abs=1e-4)
    assert list(others(shift, low, [], DEFAULT_SURFACE)) == []
    order = ranked(shift, [high, *found], ROOM_TEMPERATURE)
    assert order[-1].found is high
    assert [one.thermo.gibbs for one in order] == sorted(one.thermo.gibbs for one in order)


def test_what_joins_something_else_comes_last_however_low(shift, starts):
    high, low = (climb(shift, [start], DEFAULT_SURFACE, 60.0).found for start in starts)
    elsewhere = low._replace(connects="other-product")
    order = ranked(shift, [elsewhere, high], ROOM_TEMPERATURE)
    assert [one.found for one in order] == [high, elsewhere]


def test_folds_lead_to_it_where_nothing_turns(shift, starts, monkeypatch):
    high, low = (climb(shift, [start], DEFAULT_SURFACE, 60.0).found for start in starts)
    monkeypatch.setattr(saddles, "_rotors", lambda _reaction: [])
    found = list(others(shift, high, [], DEFAULT_SURFACE))
    assert all(one.by.startswith("fold-") for one in found)
    assert found[-1].saddle.energy == pytest.approx(low.saddle.energy, abs=1e-4)


def test_no_start_is_searched_twice_nor_its_mirror_image(shift, starts, monkeypatch):
    first = climb(shift, [starts[1]], DEFAULT_SURFACE, 60.0).found
    monkeypatch.setattr(saddles, "_rotors", lambda _reaction: [])
    monkeypatch.setattr(saddles, "folds", lambda *_: [])
    searched = []

    def noted(reaction, start, *how):
        searched.append(start)
        return ladder.found_from(reaction, start, *how)

    monkeypatch.setattr(saddles, "found_from", noted)
    here = first.saddle.positions
    assert list(others(shift, first, [here, -here, starts[0], -starts[0]], DEFAULT_SURFACE)) == []
    assert len(searched) <= 1


def test_another_candidate_leads_to_it_too(shift, starts):
    high, low = starts
    first = climb(shift, [high], DEFAULT_SURFACE, 60.0).found
    assert next(others(shift, first, [low], DEFAULT_SURFACE)).by == "other-1"


def test_without_time_there_are_no_others_and_no_error(shift, starts):
    first = climb(shift, [starts[0]], DEFAULT_SURFACE, 60.0).found
    late = Surface(deadline=time.process_time() - 1.0)
    assert list(others(shift, first, [starts[1]], late)) == []


def test_a_thorough_search_is_about_the_lowest_and_a_normal_one_about_the_first(shift, starts):
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE)
    normal = search(shift, [starts[0]], order)
    thorough = search(shift, [starts[0]], order._replace(effort=Effort.THOROUGH))
    assert [one.found.by for one in normal.saddles] == ["candidate-1"]
    assert normal.profile.below is None
    assert thorough.climb.found.by == "candidate-1"
    assert thorough.chosen.by == "turn-1-0"
    assert len(thorough.saddles) == 1 + len(thorough.climb.others)
    assert normal.profile.saddle.electronic - thorough.profile.saddle.electronic > LOWER
    assert thorough.profile.reactant.electronic == pytest.approx(
        normal.profile.reactant.electronic, abs=1e-5
    )


def test_where_the_model_knows_nothing_a_start_halfway_is_a_rival(shift, starts, monkeypatch):
    monkeypatch.setattr(verified, "others", lambda *_: [])

    def ways(start: np.ndarray, halfway: np.ndarray, p_good: float) -> list[str]:
        monkeypatch.setattr(ladder, "lowest_halfway", lambda *_: (halfway, 0.0))
        order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE, p_good=p_good)
        return [one.found.by for one in search(shift, [start], order).saddles]

    high, low = starts
    assert ways(high, low, p_good=0.0) == ["halfway", "candidate-1"]
    assert ways(high, low, p_good=0.9) == ["candidate-1"]
    assert ways(low, high, p_good=0.0) == ["candidate-1"]


@pytest.mark.parametrize("p_good", [0.3, 0.0])
def test_where_the_first_candidate_is_doubtful_a_normal_search_is_about_the_lowest(
    shift, starts, p_good, monkeypatch
):
    monkeypatch.setattr(verified, "beside", lambda *_: None)
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE, p_good=p_good)
    doubted = search(shift, [starts[0]], order)
    assert doubted.chosen.by == "turn-1-0"
    assert doubted.profile.below is None
    quick = search(shift, [starts[0]], order._replace(effort=Effort.QUICK))
    assert [one.found.by for one in quick.saddles] == ["candidate-1"]


def test_what_no_candidate_has_led_to_is_not_taken_for_the_lowest(shift, starts, monkeypatch):
    monkeypatch.setattr(ladder, "lowest_halfway", lambda *_: (starts[0], 0.0))
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE, p_good=0.9)
    found = search(shift, [np.zeros((7, 3))], order)
    assert found.climb.found.by == "halfway"
    assert found.chosen.by == "turn-1-0"


def test_a_quick_search_knows_no_gibbs_energies_and_the_same_barrier(shift, starts):
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE)
    normal, quick = (
        search(shift, starts, order._replace(effort=effort)).profile
        for effort in (Effort.NORMAL, Effort.QUICK)
    )
    barriers = [one.saddle.electronic - one.reactant.electronic for one in (normal, quick)]
    assert barriers[0] == pytest.approx(barriers[1], abs=0.1 * KCAL_MOL)
    assert np.isnan(quick.reactant.gibbs)
    assert np.isnan(quick.product.enthalpy)


def test_a_quick_search_tries_the_first_candidate_alone(shift, starts):
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE, effort=Effort.QUICK)
    found = search(shift, [np.zeros((7, 3)), starts[0]], order)
    assert "candidate-2" not in found.climb.route
    assert found.chosen is None


@pytest.fixture(scope="module")
def conformers() -> list[Molecule]:
    """Relaxed ones of fluoroethanol, the lowest first."""
    found = {}
    for seed in range(4):
        numbers, positions = placed(ALCOHOL, seed)
        relaxed, energy = relax(numbers, positions)
        found[energy] = Molecule(numbers, relaxed, 0, 1)
    assert max(found) - min(found) > LOWER
    return [found[energy] for energy in sorted(found)]


def test_conformers_below_a_molecule_and_none_below_the_lowest(conformers):
    low, high = conformers[0], conformers[-1]
    here = [energy(*one) for one in (low, high)]
    assert below([high], DEFAULT_SURFACE) >= here[1] - here[0] - 1e-3
    rest = below([low], DEFAULT_SURFACE)
    assert below([high, low], DEFAULT_SURFACE) == pytest.approx(
        below([high], DEFAULT_SURFACE) + rest
    )
    assert rest < below([high], DEFAULT_SURFACE)
    assert below([high], Surface(deadline=time.process_time() - 1.0)) == 0.0


def test_a_conformer_that_relaxes_to_other_bonds_does_not_count(conformers, monkeypatch):
    molecule = conformers[-1]
    apart = 3 * molecule.positions
    monkeypatch.setattr(minima, "relax", lambda *_, surface: (apart, -1e6))
    assert below([molecule], DEFAULT_SURFACE) == 0.0
