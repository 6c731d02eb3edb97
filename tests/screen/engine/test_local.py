"""Runs in this process: the same rows as with Ray, and an end that leaves nothing behind."""

import _thread
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from polars.testing import assert_frame_equal
from standins import ENERGIES, SAMPLE, Energies, MeanSampler, Played, hydrogens, standins

from tscreen.actors.workers.stage import Shared, shared_by
from tscreen.schemas import columns as c
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.engine import SMALL, started
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.local import LocalEngine
from tscreen.screen.engine.pools import size_pools
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName, Settings
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.runs.run import run

N_ROWS = 70


@pytest.fixture
def reactions(tmp_path) -> Path:
    rows = [reaction_row(f"r{i:03}", **hydrogens(2 + 2 * (i % 5))) for i in range(N_ROWS)]
    path = tmp_path / "in.parquet"
    pq.write_table(reaction_table(*rows), path)
    return path


def screened(reactions: Path, name: str, stages=None, **settings) -> Path:
    out = reactions.with_name(name)
    wanted = Settings(input=reactions, out=out, **{"engine": "local", **settings})
    run(wanted, Show(), stages or standins(0))
    return out


def rows_of(out: Path) -> pl.DataFrame:
    return read_results(out).collect().sort("reaction_id")


class Interrupted(Energies):
    """Does some rows; then the user presses Ctrl-C while the next one is under way."""

    def __init__(self, rows: int, for_s: float) -> None:
        self.rows, self.for_s = rows, for_s

    def __call__(self, table: pa.Table) -> pa.Table:
        self.rows -= len(table)
        if self.rows < 0:
            _thread.interrupt_main()
            time.sleep(self.for_s)
        return super().__call__(table)


class Failing(Energies):
    """Meets what lies in no row."""

    def __call__(self, _table: pa.Table) -> pa.Table:
        raise OSError("the disk is gone")


def with_energies(energies: Energies):
    return replace(standins(0), energies=Played(ENERGIES, lambda: energies))


def test_the_rows_are_those_of_a_run_with_ray(reactions, local_ray):
    """So are those of which a share is searched (`test_pipeline`), or those below a limit
    (`test_faults`), or none (`test_end_to_end`).
    """
    here, there = (screened(reactions, name, engine=name) for name in ("local", "ray"))
    assert_frame_equal(rows_of(here), rows_of(there))
    assert check(here) == []


def test_the_results_do_not_depend_on_the_cores(reactions, monkeypatch):
    alone = screened(reactions, "one")
    monkeypatch.setattr("tscreen.screen.engine.local.cores", lambda: 5)
    assert_frame_equal(rows_of(alone), rows_of(screened(reactions, "five")))


@pytest.fixture
def hears_ctrl_c() -> Iterator[None]:
    """As from a terminal; what is started in the background may not hear it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_a_stopped_run_goes_on_where_it_was(reactions):
    with pytest.raises(BrokenOffError, match=r"was stopped.*repeat the command to go on"):
        screened(reactions, "out", with_energies(Interrupted(40, for_s=0.5)))
    written = list((reactions.parent / "out").rglob("*.parquet"))
    assert written, "the chunks before it stay"
    assert_frame_equal(rows_of(screened(reactions, "out")), rows_of(screened(reactions, "whole")))


def test_what_lies_in_no_row_breaks_the_run_off(reactions):
    with pytest.raises(BrokenOffError, match=r"the disk is gone.*repeat the command") as error:
        screened(reactions, "out", with_energies(Failing()))
    assert "ray.log" not in str(error.value)


def test_what_is_read_does_not_pile_up(monkeypatch):
    monkeypatch.setattr("tscreen.screen.engine.local.IN_HAND", 3)
    read, written, ahead = [], [], []

    def reads(table: pa.Table) -> pa.Table:
        read.append(table)
        ahead.append(len(read) - len(written))
        return table

    def writes(table: pa.Table) -> pa.Table:
        time.sleep(0.005)
        written.append(table)
        return table

    stages = [Played(SAMPLE, lambda: reads), Played(ENERGIES, lambda: writes)]
    tables = list(read_tables(20))
    engine = LocalEngine()
    with engine.counters(dict.fromkeys(["sample", "energies"], 20)) as counters:
        engine.carry_out(Flow(stages, tables, 20), size_pools({"CPU": 1.0}, 1), counters)
    assert len(written) == 20
    assert max(ahead) == 3


def read_tables(count: int) -> Iterator[pa.Table]:
    """Tables of one row, as they are when they were read."""
    for number in range(count):
        yield pa.table({c.SOURCE_CHUNK: [str(number)], c.CHUNK_PLACE: [0]})


def test_few_reactions_need_no_ray(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "tscreen.screen.engine.cluster.ray_engine.ray_engine",
        lambda address, _log: asked.append(address) or nullcontext(),
    )
    cases = [
        (EngineName.AUTO, None, SMALL - 1, True),
        (EngineName.AUTO, None, SMALL, False),
        (EngineName.AUTO, "head:6379", 1, False),
        (EngineName.RAY, None, 1, False),
        (EngineName.LOCAL, None, 10**6, True),
    ]
    monkeypatch.setattr("tscreen.screen.engine.engine._ray_runs", lambda: False)
    for name, address, rows, here in cases:
        asked.clear()
        said: list[str] = []
        with started(name, address, rows, tmp_path / "ray.log", said.append) as engine:
            assert isinstance(engine, LocalEngine) == here
        assert asked == ([] if here else [address])
        assert bool(said) != here


def test_a_cluster_and_this_process_alone_contradict_each_other():
    with pytest.raises(UsageError, match="names a Ray cluster"):
        Settings(input="in", out="out", engine="local", address="head:6379")
    with pytest.raises(UsageError, match="give auto, local or ray"):
        Settings(input="in", out="out", engine="dask")


def test_the_child_of_a_worker_ends_with_it():
    shared = shared_by([Played(SAMPLE, partial(MeanSampler, 0))])
    assert shared.child(30.0, abs, -1) == 1
    child = shared.child._child
    shared.close()
    assert not child.is_alive()
    Shared().close()  # one that never had a child
