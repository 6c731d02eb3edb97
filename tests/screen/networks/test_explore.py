"""An exploration with light stand-ins for searches and energies: it ends and goes on."""

import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from commands import tscreen
from conftest import HCN, reaction_row
from networks import Favours

from tscreen.actors.exploring.proposing import Proposer
from tscreen.schemas import columns as c
from tscreen.screen.engine.progress import Show
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.networks import explore as module
from tscreen.screen.networks.asked import Asked
from tscreen.screen.networks.explore import explore
from tscreen.screen.networks.found import OTHER_END, FoundByRun
from tscreen.screen.networks.queue import ENUMERATED, PROPOSED
from tscreen.screen.networks.tables import MOLECULES, STEPS

LEVEL = "stand-in//stand-in"
LOW = 60.0
SADDLE = {c.TS_GUESS: HCN, c.CANDIDATE_ENERGY: 0.0}


def share(*words: str) -> float:
    """A number from 0 to 1 that belongs to some words."""
    return zlib.crc32(" ".join(words).encode()) / 2**32


def flat(names, _stage, _folder, _show, _address):
    """All molecules have one energy, so that no step is too far uphill."""
    from tscreen.actors.exploring.graphs import graph_of

    return {name: molecule(name, graph_of(name).numbers) for name in names}


def molecule(name, numbers):
    positions = np.random.default_rng(len(numbers)).normal(size=(len(numbers), 3))
    return {
        c.ATOMIC_NUMBERS: list(numbers),
        c.MOLECULE_POSITIONS: positions.tolist(),
        c.MOLECULE_ENERGY: 0.0,
        c.MOLECULE_GIBBS: 0.0,
        c.ENERGY_LEVEL: LEVEL,
    }


class Searches:
    """Verifies every step, over a barrier that belongs to its molecules, or leaves some open."""

    def __init__(self, die_at: int | None = None, leaves_open: int = 0, at_attempt: int = 0):
        self.calls, self.die_at = 0, die_at
        self.leaves_open, self.at_attempt = leaves_open, at_attempt

    def run(self, settings, _show):
        self.calls += 1
        if self.calls == self.die_at:
            raise BrokenOffError("stopped")
        self.input = settings.input

    def found_in(self, out, generation, found_by, _known):
        if set(found_by.values()) == {OTHER_END}:
            return FoundByRun([self.step(row, generation, found_by) for row in self.open], [], [])
        batch = Path(out.name).parent
        steps = pl.read_parquet(batch.parent / "steps.parquet")
        ids = pl.read_csv(batch / "steps.csv")[c.REACTION_ID].to_list()
        rows = steps.filter(pl.col(c.REACTION_ID).is_in(ids)).to_dicts()
        self.open, found = rows[: self.leaves_open], rows[self.leaves_open :]
        return FoundByRun([self.step(row, generation, found_by) for row in found], [], self.open)

    def driven(self, rows, attempt, *_):
        """A saddle point that joins the sides of each row that was left, after all."""
        if attempt < self.at_attempt:
            return []
        self.open = rows
        return [reaction_row(row[c.REACTION_ID]) | row | SADDLE for row in rows]

    def step(self, row, generation, found_by):
        energy = 4.0 * share(*sorted((*row[c.REACTANTS], *row[c.PRODUCTS])))
        return {
            **row,
            c.GENERATION: generation,
            c.FOUND_BY: found_by[row[c.REACTION_ID]],
            c.CANDIDATE_ENERGY: energy,
            c.CANDIDATE_GIBBS: energy,
            c.ENERGY_LEVEL: LEVEL,
            c.STATUS: "refined",
            c.VERIFIED: True,
        }


@pytest.fixture
def explored(monkeypatch, tmp_path):
    """Explores vinyl alcohol with stand-ins; returns the report and both tables."""
    (tmp_path / "start.smi").write_text("C=CO enol\n")
    monkeypatch.setattr(module, "molecules", flat)

    def go(out="net", die_at=None, leaves_open=0, at_attempt=0, proposer=None, **asked):
        monkeypatch.setattr(Proposer, "load", lambda _weights: proposer)
        searches = Searches(die_at, leaves_open, at_attempt)
        monkeypatch.setattr(module, "run", searches.run)
        monkeypatch.setattr(module, "found_in", searches.found_in)
        monkeypatch.setattr(module, "driven_ends", searches.driven)
        asked = {"max_barrier": LOW, "molecules": 1} | asked
        report = explore(Asked(tmp_path / "start.smi", tmp_path / out, **asked), Show())
        tables = [pl.read_parquet(tmp_path / out / name) for name in (MOLECULES, STEPS)]
        return report, *tables

    return go


def test_one_generation_has_all_steps_from_the_start(explored):
    report, molecules, steps = explored()
    assert report["steps"] == len(steps) > 10
    assert report["found_by"][ENUMERATED] == len(steps)
    assert set(steps[c.REACTANTS].explode()) == {"C=CO"}
    assert molecules.filter(pl.col(c.GENERATION) == 0)[c.MOLECULE].to_list() == ["C=CO"]
    named = set(steps[c.PRODUCTS].explode()) | {"C=CO"}
    assert set(molecules[c.MOLECULE]) == named
    assert ("CC=O",) in set(map(tuple, steps[c.PRODUCTS].to_list()))


def test_what_the_model_proposes_is_searched_too(explored):
    _, _, before = explored()
    report, _, steps = explored(out="more", proposer=Favours(), proposed=1)
    assert report["found_by"][PROPOSED] == 1 == len(steps) - len(before)
    proposed = steps.filter(pl.col(c.FOUND_BY) == PROPOSED)[c.PRODUCTS].to_list()
    assert not any(products in before[c.PRODUCTS].to_list() for products in proposed)


def test_the_second_generation_starts_behind_low_barriers_alone(explored):
    _, _, steps = explored(depth=2, max_reactions=200)
    first = steps.filter(pl.col(c.GENERATION) == 1)
    low = first.filter(pl.col(c.BARRIER) <= LOW)
    assert 0 < len(low) < len(first)
    behind = set(low[c.PRODUCTS].explode()) - {"C=CO"}
    second = steps.filter(pl.col(c.GENERATION) == 2)
    assert len(second)
    assert set(second[c.REACTANTS].explode()) <= behind


def test_no_pair_of_sides_stands_there_twice(explored):
    _, _, steps = explored(depth=2, max_reactions=200)
    pairs = [frozenset(((*r,), (*p,))) for r, p in steps.select(c.REACTANTS, c.PRODUCTS).rows()]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("attempt", [0, 1])
def test_what_a_search_leaves_open_is_driven_and_searched_from_there(explored, attempt):
    report, _, steps = explored(leaves_open=2, at_attempt=attempt)
    _, _, all_at_once = explored(out="at once")
    found = steps.filter(pl.col(c.FOUND_BY) == OTHER_END)
    assert len(found) == report["found_by"][OTHER_END] >= 2
    assert sorted(steps[c.PRODUCTS].to_list()) == sorted(all_at_once[c.PRODUCTS].to_list())
    assert report["searches"] == len(steps) + len(found)  # of these there were two


def test_what_is_driven_in_vain_stays_open(explored):
    report, _, steps = explored(leaves_open=2, at_attempt=2)
    assert OTHER_END not in steps[c.FOUND_BY].to_list()
    assert len(steps) < report["searches"]


def test_a_budget_of_searches_is_kept_and_can_be_raised(explored):
    few, _, steps = explored(max_reactions=5)
    assert few["searches"] == len(steps) == 5
    assert "5 searches" in few["ended"]
    _, *more = explored()
    _, *at_once = explored(out="at once")
    assert all(one.equals(other) for one, other in zip(more, at_once, strict=True))


def test_no_generation_is_thought_of_when_the_budget_is_used_up(explored, tmp_path):
    first, *_ = explored()
    over, *_ = explored(out="over", depth=2, max_reactions=first["searches"])
    assert "searches were made" in over["ended"]
    assert [one.name for one in (tmp_path / "over" / "generations").iterdir()] == ["1"]


def test_what_was_killed_goes_on_to_the_same_tables(explored):
    wanted = explored(out="at once", depth=2, max_reactions=100)
    with pytest.raises(BrokenOffError):
        explored(depth=2, max_reactions=100, die_at=3)
    found = explored(depth=2, max_reactions=100)
    assert all(one.equals(other) for one, other in zip(found[1:], wanted[1:], strict=True))


def test_a_folder_of_another_network_is_refused(explored):
    explored(max_reactions=1)
    with pytest.raises(UsageError, match="max_barrier was 60"):
        explored(max_reactions=1, max_barrier=50.0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"max_barrier": -1.0}, "above zero"),
        ({"depth": 0}, "1 or more"),
        ({"molecules": 3}, "1 or 2"),
        ({"max_reactions": 0}, "1 or more"),
    ],
)
def test_settings_out_of_range_get_a_sentence(wrong, told):
    with pytest.raises(UsageError, match=told):
        Asked("start.smi", "net", **wrong)


def test_an_unknown_setting_of_searches_is_a_type_error():
    with pytest.raises(TypeError, match="min_p_good"):
        Asked("start.smi", "net", of_runs={"min_p_good": 0.5})


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.smi", "", "has no molecule to start from"),
        ("ions.smi", "[NH4+]\n", "charge +1"),
        ("radical.smi", "[CH3]\n", "unpaired"),
        ("odd.smi", "xx\n", "cannot be parsed"),
        ("large.smi", f"{'C' * 40}\n", "--max-atoms"),
        ("other.csv", "name\nwater\n", "no column 'smiles'"),
        ("what.docx", "O", "no file of molecules"),
    ],
)
def test_the_command_refuses_a_start_without_a_molecule_in_one_line(tmp_path, name, content, told):
    (tmp_path / name).write_text(content)
    done = tscreen("explore", tmp_path / name, "--out", tmp_path / "net")
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "net").exists()
    assert len(done.stderr.splitlines()) == 1


def test_the_command_refuses_a_barrier_below_zero_by_its_option(tmp_path):
    done = tscreen("explore", "start.smi", "--out", tmp_path / "net", "--max-barrier", "-5")
    assert done.returncode == 2
    assert "--max-barrier" in done.stderr
