"""Searches that cannot end in time are told before they start."""

from dataclasses import replace

import pytest

from tscreen.actors.quantum.cost import least_search_s
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.time_limits import too_slow
from tscreen.screen.errors import UsageError

DFT = Settings(input="in", out="out", level="wb97x-d3/def2-svp")


def test_a_level_that_no_search_can_end_at_is_refused_with_what_it_takes():
    told = r"`level` wb97x-d3/def2-svp: all reactions .* at 40 atoms takes some 60,000 s"
    with pytest.raises(UsageError, match=told):
        too_slow(DFT, [40, 30])


def test_reactions_that_are_too_large_are_counted_among_the_others():
    limit = least_search_s(DFT.level, 10)
    told = too_slow(replace(DFT, search_timeout=limit), [10, 11, 3, 0])
    assert told.startswith(f"`level` {DFT.level}: 1 of 4 reactions are too large")
    assert too_slow(replace(DFT, search_timeout=limit), [10, 3, 0]) is None


@pytest.mark.parametrize(
    "settings",
    [
        replace(DFT, level="gfn2-xtb+delta"),
        replace(DFT, level="ase:package.module:Factory"),
        replace(DFT, refine="none"),
    ],
)
def test_what_is_fast_or_unknown_or_not_searched_is_not_told(settings):
    assert too_slow(settings, [40]) is None


def test_by_default_a_large_reaction_has_the_time_that_it_takes():
    xtb = replace(DFT, level="gfn2-xtb")
    assert too_slow(xtb, [94]) is None
    assert "`search_timeout` 60: a search at 94 atoms" in too_slow(
        replace(xtb, search_timeout=60.0), [94, 20]
    )


def test_sizes_that_are_not_known_yet_are_not_judged():
    assert too_slow(DFT, [0, 0]) is None
