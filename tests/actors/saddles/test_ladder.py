"""Rung by rung, until a saddle point joins reactant and product."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from ase.build import molecule
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, relax
from tscreen.actors.saddles import ladder
from tscreen.actors.saddles.irc import Ends, follow
from tscreen.actors.saddles.ladder import FROM_SIDES, Rung, climb, rungs
from tscreen.actors.saddles.path import NO_BARRIER, path_over, path_peak, peak
from tscreen.actors.saddles.saddle import Saddle, is_strained, locate
from tscreen.actors.saddles.substitution import in_line
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import Reaction, reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
ON_TOP = np.zeros((3, 3))
APART = HCN - np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, 0]])


@pytest.fixture
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_the_first_candidate_that_leads_to_the_saddle_is_enough(shift):
    climbed = climb(shift, [NEAR_TS, ON_TOP], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.found.from_candidate
    assert climbed.route == ("candidate-1",)
    assert climbed.failure is None
    assert 1000 < climbed.found.saddle.frequency_cm1 < 2000


def test_the_next_candidate_is_tried_where_the_first_leads_nowhere(shift):
    climbed = climb(shift, [ON_TOP, NEAR_TS], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route == ("candidate-1", "candidate-1-settled", "candidate-2")


def test_where_no_candidate_helps_a_start_halfway_does(shift):
    climbed = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route == ("candidate-1", "candidate-1-settled", "halfway")
    assert not climbed.found.from_candidate
    without = climb(shift, [], DEFAULT_SURFACE, 60.0)
    assert without.found.joined
    assert without.route == ("halfway",)


def test_where_that_does_not_help_bonds_are_driven(shift, monkeypatch):
    monkeypatch.setattr(ladder, "lowest_halfway", lambda *_: (ON_TOP, 0.0))
    climbed = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route[2:] == ("halfway", "driven-reactant")


def test_the_peak_of_a_plain_interpolation_is_a_start(shift, monkeypatch):
    monkeypatch.setattr(ladder, "lowest_halfway", lambda *_: (ON_TOP, 0.0))
    for name in ("driven-reactant", "driven-product"):
        monkeypatch.setitem(FROM_SIDES, name, lambda *_: ON_TOP)
    climbed = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route[5:] == ("interpolated",)


def test_where_no_start_helps_a_path_does(shift, monkeypatch):
    monkeypatch.setattr(ladder, "lowest_halfway", lambda *_: (ON_TOP, 0.0))
    for name in FROM_SIDES:
        monkeypatch.setitem(FROM_SIDES, name, lambda *_: ON_TOP)
    climbed = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route[6:] in (("candidate-path",), ("candidate-path", "path"))
    without = climb(shift, [], DEFAULT_SURFACE, 60.0)
    assert without.found.joined
    assert without.route == ("halfway", "driven-reactant", "driven-product", "interpolated", "path")


def test_without_paths_the_candidates_are_all_there_is(shift):
    climbed = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0, paths=False)
    assert climbed.found is None
    assert climbed.route == ("candidate-1", "candidate-1-settled")
    assert "one of 2 attempts" in climbed.failure.message


def test_a_reaction_without_changing_bonds_has_nothing_to_settle_around(shift):
    turned = replace(shift, product_positions=shift.reactant_positions)
    names = [rung.name for rung in rungs(turned, [NEAR_TS])]
    assert names == ["candidate-1", "candidate-path", "path"]


@pytest.mark.parametrize("path", [path_peak, lambda r: path_over(r, NEAR_TS)])
def test_the_peak_of_a_path_has_the_hydrogen_halfway(shift, path):
    to_carbon, to_nitrogen = np.linalg.norm(path(shift)[1:] - path(shift)[0], axis=1)
    assert 1.0 < to_carbon < 1.5
    assert 1.1 < to_nitrogen < 1.8


def hydronium_and_ammonia() -> Reaction:
    apart = np.array([9.0, 0.0, 0.0])
    parts = {
        name: relax(np.array(numbers), molecule(like).positions, charge)[0]
        for name, numbers, like, charge in (
            ("hydronium", [8, 1, 1, 1], "NH3", 1),
            ("ammonia", [7, 1, 1, 1], "NH3", 0),
            ("water", [8, 1, 1], "H2O", 0),
            ("ammonium", [7, 1, 1, 1, 1], "CH4", 1),
        )
    }
    reactant = np.concatenate([parts["hydronium"], parts["ammonia"] + apart])
    product = np.concatenate([parts["water"], (parts["ammonium"] + apart)[[1, 0, 2, 3, 4]]])
    fragments = np.array([[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1]], np.uint8)
    numbers = np.array([8, 1, 1, 1, 7, 1, 1, 1], np.uint8)
    sides = np.float32(reactant), np.float32(product)
    return Reaction("proton", numbers, *sides, *fragments, 1, 1)


def test_a_way_that_falls_from_one_side_to_the_other_ends_the_climb(monkeypatch):
    reaction = hydronium_and_ammonia()
    band = Rung("candidate-path", partial(path_over, reaction, in_line(reaction)), 1.0, far=True)
    monkeypatch.setattr(ladder, "rungs", lambda *_: [band, band])
    climbed = climb(reaction, [], DEFAULT_SURFACE, 60.0)
    assert climbed.found is None
    assert climbed.failure.code == NO_BARRIER
    assert climbed.route == ("candidate-path",)


def hydrogen_at(*place: float) -> np.ndarray:
    return np.array([place, *HCN[1:]])


NARROW = [HCN, hydrogen_at(0.0, 0.1, -1.064), HNC]
SLOPE = [hydrogen_at(0.0, 0.0, z) for z in (-1.5, -1.3, -1.064)]


@pytest.mark.parametrize("way", [NARROW, SLOPE])
def test_a_peak_between_images_or_a_start_on_a_slope_does_not_show_that_there_is_none(shift, way):
    images = [DEFAULT_SURFACE.atoms(shift.atomic_numbers, x, 0, 1) for x in way]
    with pytest.raises(CalculationError, match="no peak") as told:
        peak(shift, images, 0, DEFAULT_SURFACE)
    assert told.value.code == "saddle_not_found"


def saddles(monkeypatch, *energies: float) -> None:
    """Searches reach these in turn, whatever they start from."""
    reached = iter(energies)
    monkeypatch.setattr(
        ladder,
        "locate",
        lambda *_: Saddle(
            NEAR_TS, next(reached), np.array([-1200.0, 900.0]), NEAR_TS, 5, np.eye(9)
        ),
    )
    monkeypatch.setattr(ladder, "follow", lambda *_: Ends(HCN, HNC))


def test_a_saddle_that_joins_something_else_is_kept_only_as_second_best(shift, monkeypatch):
    saddles(monkeypatch, 0.0, 1.0)
    answers = iter(["reactant-other", "reactant-product"])
    monkeypatch.setattr(ladder, "connects", lambda *_: next(answers))
    climbed = climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0, paths=False)
    assert (climbed.found.joined, climbed.found.saddle.energy) == (True, 1.0)
    saddles(monkeypatch, 0.0, 1.0)
    monkeypatch.setattr(ladder, "connects", lambda *_: "other-other")
    climbed = climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0, paths=False)
    assert (climbed.found.joined, climbed.found.saddle.energy) == (False, 0.0)


def test_a_saddle_that_is_reached_twice_is_followed_once(shift, monkeypatch):
    saddles(monkeypatch, 0.0, 1e-5, 0.5)
    followed = []
    monkeypatch.setattr(ladder, "connects", lambda *_: followed.append(1) or "other-other")
    climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0, paths=False)
    assert len(followed) == 1


def test_a_saddle_whose_intermediate_leads_on_to_the_missing_side_is_joined(shift, monkeypatch):
    monkeypatch.setattr(ladder, "leads_on", lambda *told: asked.append(told) or end)
    for end in (HNC, None):
        saddles(monkeypatch, *[0.5] * 6)
        monkeypatch.setattr(ladder, "follow", lambda *_: Ends(APART, HCN))
        asked: list = []
        climbed = climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0)
        [(_, intermediate, side, ceiling, _)] = asked
        assert intermediate is APART
        assert (side, ceiling) == (1, 0.5)
        below = end is not None
        assert climbed.found.joined is below
        driven = ("driven-reactant", "driven-product")
        starts = ("candidate-1-settled", "halfway", *driven, "interpolated")
        others = ("onward",) if below else starts
        name = "reactant-intermediate-product" if below else "reactant-other"
        assert climbed.route == ("candidate-1", *others)
        assert climbed.found.connects == name


@pytest.mark.parametrize(("far_end", "tried"), [(HCN, True), (APART, False)])
def test_a_band_is_tried_where_the_saddles_found_are_turns_of_one_side(
    shift, monkeypatch, far_end, tried
):
    saddles(monkeypatch, 0.0, *[1e-5] * 5, 1.0)
    monkeypatch.setattr(ladder, "follow", lambda *_: Ends(HCN, far_end))
    answers = iter(["reactant-other", "reactant-product"])
    monkeypatch.setattr(ladder, "connects", lambda *_: next(answers))
    climbed = climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0, onwards=False)
    assert ("candidate-path" in climbed.route) is tried
    assert climbed.found.joined is tried


def test_time_that_is_used_up_is_told(shift):
    climbed = climb(shift, [NEAR_TS], DEFAULT_SURFACE, 0.0)
    assert climbed.found is None
    assert climbed.failure.code == "xtb_timeout"


def test_a_saddle_is_followed_though_the_time_of_its_rung_is_over(shift, monkeypatch):
    given = []

    def late(reaction, start, surface):
        given.append(surface.deadline)
        return locate(reaction, start, surface)

    def until(reaction, saddle, surface):
        given.append(surface.deadline)
        return follow(reaction, saddle, surface)

    monkeypatch.setattr(ladder, "locate", late)
    monkeypatch.setattr(ladder, "follow", until)
    assert climb(shift, [NEAR_TS], DEFAULT_SURFACE, 60.0).found.joined
    of_rung, of_all = given
    assert of_all - of_rung == pytest.approx(0.8 * 60.0)


def test_a_strained_candidate_settles_before_it_is_searched_from(shift):
    strained = NEAR_TS * [1.0, 1.0, 0.75]
    assert not is_strained(shift, NEAR_TS)
    assert is_strained(shift, strained)
    climbed = climb(shift, [strained], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route == ("candidate-1-settled",)
    assert climbed.has_tried(1)
    assert not climbed.has_tried(2)
    names = [rung.name for rung in rungs(shift, [strained], paths=False)]
    assert names == ["candidate-1-settled", "candidate-1"]


def test_what_has_no_forces_is_not_called_strained(shift):
    assert not is_strained(shift, ON_TOP)
