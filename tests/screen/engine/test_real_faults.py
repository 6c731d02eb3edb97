"""Faults that the system itself makes: a disk that fills up, SIGTERM, a clock that jumps."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import STARTS_RAY, reaction_row, reaction_table
from polars.testing import assert_frame_equal
from standins import ENERGIES, Energies, Played, Slow, hydrogens, standins

from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import BrokenOffError
from tscreen.screen.runs.run import run
from tscreen.screen.runs.status import Observer

N_ROWS = 80
SMALL, LARGE = "256k", "64m"
GRACE_S = 30.0
"""What spot machines and batch systems give between SIGTERM and SIGKILL."""
DAY_S = 86400.0


def slow():
    return replace(standins(0), energies=Played(ENERGIES, partial(Slow, Energies, 0.1)))


SLOW_COMMAND = """
import tscreen.screen.runs.run
from test_real_faults import slow
from tscreen.screen.cli.main import main
tscreen.screen.runs.run.shipped = lambda settings: slow()
main()
"""


@pytest.fixture
def reactions(tmp_path) -> Path:
    rows = [reaction_row(f"r{i:03}", **hydrogens(2 + 2 * (i % 5))) for i in range(N_ROWS)]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


def screened(reactions: Path, out: Path) -> pl.DataFrame:
    run(Settings(input=reactions, out=out, engine="local"), Show(), standins(0))
    assert check(out) == []
    return read_results(out).collect().sort("reaction_id")


def mounted(folder: Path, options: str) -> bool:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(disk, f"size={SMALL}"):
        pytest.skip("no right to mount a file system of its own")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_disk_that_fills_up_is_one_sentence_and_with_more_room_the_run_goes_on(
    reactions, small_disk, tmp_path
):
    out = small_disk / "out"
    sentence = r"\A[^\n]*No space left on device[^\n]*repeat the command to go on\Z"
    with pytest.raises(BrokenOffError, match=sentence):
        screened(reactions, out)
    assert not list(out.glob("*.tmp")), "no half file is left"
    assert mounted(small_disk, f"remount,size={LARGE}")
    assert_frame_equal(screened(reactions, out), screened(reactions, tmp_path / "whole"))


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=STARTS_RAY)])
def test_sigterm_gives_the_chunk_in_hand_back(reactions, tmp_path, engine):
    out, here = tmp_path / "out", Path(__file__).parent
    paths = os.pathsep.join(map(str, [here, here.parents[1], here.parents[2]]))
    driver = subprocess.Popen(
        [sys.executable, "-c", SLOW_COMMAND, "run", reactions, "--out", out, "--engine", engine],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while driver.poll() is None and not list(out.glob("done/*")):
        time.sleep(0.05)
    driver.send_signal(signal.SIGTERM)
    _, heard = driver.communicate(timeout=GRACE_S)
    assert driver.returncode == 1
    said = heard.splitlines()[-1]
    assert said.startswith("tscreen: the run was stopped. What is written in")
    assert said.endswith("repeat the command to go on")
    assert "Traceback" not in heard
    assert not (out / "run.json").exists()
    assert_frame_equal(screened(reactions, out), screened(reactions, tmp_path / "whole"))


def test_a_clock_that_jumps_changes_no_row(reactions, tmp_path, monkeypatch):
    jumps = itertools.cycle([0.0, 400 * DAY_S, -400 * DAY_S])
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda now=time.time: now() + next(jumps))
        jumped = screened(reactions, tmp_path / "jumped")
    assert_frame_equal(jumped, screened(reactions, tmp_path / "whole"))


@pytest.mark.parametrize("jump", [-DAY_S, DAY_S])
def test_the_status_of_a_run_whose_clock_has_jumped_makes_sense(reactions, tmp_path, jump):
    screened(reactions, tmp_path / "out")
    status = Observer(tmp_path / "out").look(time.time() + jump)
    assert (status.state, status.done, status.stalled) == ("finished", N_ROWS, False)
    assert status.age_s >= 0.0
