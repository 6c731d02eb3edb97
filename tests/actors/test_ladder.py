"""Rung by rung, until a saddle point joins reactant and product."""

import numpy as np
import pytest
from conftest import reaction_row, reaction_table

from actors import ladder
from actors.ladder import climb
from actors.levels import XtbError
from actors.path import path_peak
from actors.saddle import Saddle
from actors.xtb import DEFAULT_SURFACE
from schemas.reaction import reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
ON_TOP = np.zeros((3, 3))


@pytest.fixture
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_the_first_candidate_that_leads_to_the_saddle_is_enough(shift):
    found = climb(shift, [NEAR_TS, ON_TOP], DEFAULT_SURFACE, 60.0)
    assert found.joined
    assert found.route == "candidate-1"
    assert 1000 < found.saddle.frequency_cm1 < 2000


def test_the_next_candidate_is_tried_where_the_first_leads_nowhere(shift):
    assert climb(shift, [ON_TOP, NEAR_TS], DEFAULT_SURFACE, 60.0).route == "candidate-2"


def test_where_no_candidate_helps_the_path_does(shift):
    found = climb(shift, [ON_TOP], DEFAULT_SURFACE, 60.0)
    assert (found.joined, found.route) == (True, "path")


def test_the_peak_of_the_path_has_the_hydrogen_halfway(shift):
    peak = path_peak(shift)
    to_carbon, to_nitrogen = np.linalg.norm(peak[1:] - peak[0], axis=1)
    assert 1.0 < to_carbon < 1.5
    assert 1.1 < to_nitrogen < 1.8


def a_saddle(*_, **__) -> Saddle:
    return Saddle(NEAR_TS, 0.0, 1200.0, 5)


def test_a_saddle_that_joins_something_else_is_kept_only_as_second_best(shift, monkeypatch):
    monkeypatch.setattr(ladder, "locate", a_saddle)
    monkeypatch.setattr(ladder, "follow", lambda *_: None)
    answers = iter(["reactant-other", "reactant-product"])
    monkeypatch.setattr(ladder, "connects", lambda *_: next(answers))
    found = climb(shift, [ON_TOP, NEAR_TS], DEFAULT_SURFACE, 60.0)
    assert (found.joined, found.route) == (True, "candidate-2")
    monkeypatch.setattr(ladder, "connects", lambda *_: "other-other")
    found = climb(shift, [ON_TOP, NEAR_TS], DEFAULT_SURFACE, 60.0)
    assert (found.joined, found.route) == (False, "candidate-1")


def test_the_first_failure_is_told_and_time_that_is_used_up(shift):
    with pytest.raises(XtbError) as caught:
        climb(shift, [NEAR_TS], DEFAULT_SURFACE, 0.0)
    assert caught.value.code == "xtb_timeout"
