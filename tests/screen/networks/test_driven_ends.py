"""Steps that no search has joined are driven, each attempt from another start, and kept."""

import numpy as np
import pytest
from conftest import HCN, HNC, reaction_row

from tscreen.actors.exploring.stage import DriveStage
from tscreen.schemas import columns as c
from tscreen.screen.engine.progress import Show
from tscreen.screen.networks import driving
from tscreen.screen.networks.driving import ATTEMPTS, driven_ends
from tscreen.screen.storage.location import Location

STAGE = DriveStage("gfn2-xtb", 60.0)
KNOWN = {"C#N": 0}
ROW = reaction_row("r") | {c.SEED: 5}
NAMES = ("C#N",), ("[C-]#[NH+]",)


def ends(rows, attempt, folder):
    return driven_ends(rows, attempt, STAGE, Location.at(folder), KNOWN, Show(), None)


@pytest.fixture
def seeds(monkeypatch):
    """Those that rows are driven with. All lead from HCN to HNC but one called `failed`."""
    seen = []

    def computed(table, stage, folder, show, address):
        assert stage is STAGE
        seen.extend(table[c.SEED].to_pylist())
        found = {
            c.TS_POSITIONS: np.add(HCN, HNC) / 2,
            c.CANDIDATE_ENERGY: -1.0,
            c.END_POSITIONS: HNC,
            c.OTHER_END_POSITIONS: HCN,
        }
        names = table[c.REACTION_ID].to_pylist()
        return {
            name: found | {c.TS_POSITIONS: None} if name == "failed" else found for name in names
        }

    monkeypatch.setattr(driving, "computed", computed)
    return seen


@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_where_a_driven_row_leads_is_a_row_to_be_verified(seeds, attempt, tmp_path):
    (end,) = ends([ROW], attempt, tmp_path)
    assert (end[c.REACTANTS], end[c.PRODUCTS]) == NAMES  # the known molecule first
    assert end[c.REACTION_ID] == f"r-{ATTEMPTS[attempt]}"
    assert np.allclose(end[c.TS_GUESS], np.add(HCN, HNC) / 2)


def test_no_attempt_at_any_row_repeats_the_start_of_another(seeds, tmp_path):
    rows = [reaction_row(f"r{seed}") | {c.SEED: seed} for seed in range(3)]
    for attempt in range(len(ATTEMPTS)):
        ends(rows, attempt, tmp_path)
    assert len(set(seeds)) == len(seeds) == len(rows) * len(ATTEMPTS)


def test_a_row_that_fails_leaves_the_others(seeds, tmp_path):
    found = ends([ROW | {c.REACTION_ID: "failed"}, ROW], 0, tmp_path)
    assert [one[c.REACTION_ID] for one in found] == ["r-driven"]


def test_without_rows_nothing_is_computed(seeds, tmp_path):
    assert ends([], 0, tmp_path) == [] == seeds


def test_hydrogen_is_driven_around_cyanide_and_found_on_the_disk_again(tmp_path, monkeypatch):
    (end,) = ends([ROW], 0, tmp_path)
    assert (end[c.REACTANTS], end[c.PRODUCTS]) == NAMES
    monkeypatch.setattr(DriveStage, "make", None)  # nothing is driven twice
    (again,) = ends([ROW], 0, tmp_path)
    assert np.array_equal(again[c.TS_GUESS], end[c.TS_GUESS])
