"""How long searches may take."""

import pytest

from tscreen.actors.defaults import MODEL_LEVEL, TIMEOUT_S
from tscreen.actors.quantum.cost import TIMES, least_search_s, time_limit_s


def test_a_small_reaction_has_the_same_time_whatever_its_size():
    assert time_limit_s(2) == time_limit_s(25) == TIMEOUT_S


@pytest.mark.parametrize("atoms", [35, 60, 100])
def test_a_large_one_has_several_times_what_it_takes_at_the_least(atoms):
    assert time_limit_s(atoms) == pytest.approx(TIMES * least_search_s(MODEL_LEVEL, atoms))
    assert time_limit_s(atoms) > TIMEOUT_S


def test_what_is_asked_for_counts_whatever_the_size():
    assert time_limit_s(60, 5.0) == 5.0
    assert time_limit_s(60, 0.0) == 0.0
