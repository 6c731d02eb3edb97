"""Faults that the system makes: a full disk, signals, a Ray that dies, a clock that jumps."""

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

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
SOON_S = 400.0
"""Far less than the hours that a run would wait which does not notice."""
RECONNECT = {"RAY_gcs_rpc_server_reconnect_timeout_s": "5"}
"""Ray takes a minute to give a control service up that is gone."""
GIGABYTE = 10**9
MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def slow():
    return replace(standins(0), energies=Played(ENERGIES, partial(Slow, Energies, 0.1)))


SLOW_COMMAND = """
import sys
import tscreen.screen.runs.run
from test_real_faults import slow
if "ray" in sys.argv:  # with the workers of one core
    import ray
    ray.cluster_resources = lambda: {"CPU": 1.0}
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


def started(reactions: Path, out: Path, engine: str, **changes: Any) -> subprocess.Popen[str]:
    """A run in a process of its own, which takes its time."""
    here = Path(__file__).parent
    paths = os.pathsep.join(map(str, [here, here.parents[1], here.parents[2]]))
    return subprocess.Popen(
        [sys.executable, "-c", SLOW_COMMAND, "run", reactions, "--out", out, "--engine", engine],
        env={**os.environ, "PYTHONPATH": paths, **RECONNECT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **changes,
    )


def wait_for_a_chunk(driver: subprocess.Popen[str], out: Path) -> None:
    while driver.poll() is None and not list(out.glob("done/*")):
        time.sleep(0.05)


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=STARTS_RAY)])
def test_sigterm_gives_the_chunk_in_hand_back(reactions, tmp_path, engine):
    out = tmp_path / "out"
    driver = started(reactions, out, engine)
    wait_for_a_chunk(driver, out)
    driver.send_signal(signal.SIGTERM)
    _, heard = driver.communicate(timeout=GRACE_S)
    assert driver.returncode == 1
    said = heard.splitlines()[-1]
    assert said.startswith("tscreen: the run was stopped. What is written in")
    assert said.endswith("repeat the command to go on")
    assert "Traceback" not in heard
    assert not (out / "run.json").exists()
    assert_frame_equal(screened(reactions, out), screened(reactions, tmp_path / "whole"))


def child_of(parent: int, program: str) -> int:
    """The process that another one has started from a program of this name."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            whose = int(stat.read_text().rpartition(")")[2].split()[1])
            called = stat.with_name("cmdline").read_text().partition("\0")[0]
            if whose == parent and Path(called).name == program:
                return int(stat.parent.name)
    raise AssertionError(f"{parent} has started no {program}")


@STARTS_RAY
@pytest.mark.parametrize("part", ["raylet", "gcs_server"])
def test_a_ray_that_dies_is_told_and_the_run_goes_on_later(reactions, tmp_path, part):
    out = tmp_path / "out"
    driver = started(reactions, out, "ray")
    wait_for_a_chunk(driver, out)
    os.kill(child_of(driver.pid, part), signal.SIGKILL)
    _, heard = driver.communicate(timeout=SOON_S)
    assert driver.returncode
    said = heard.splitlines()[-1]
    assert said.startswith("tscreen: the run ")
    assert "repeat the command to go on" in said
    assert "Traceback" not in heard
    assert not (out / "run.json").exists()
    assert_frame_equal(screened(reactions, out), screened(reactions, tmp_path / "whole"))


@STARTS_RAY
@pytest.mark.skipif(MEMORY < 16 * GIGABYTE, reason="Ray's share of the memory may fit")
def test_a_ray_that_may_not_map_its_memory_is_told_and_without_ray_the_run_goes(
    reactions, tmp_path
):
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, (8 * GIGABYTE, 8 * GIGABYTE))
    driver = started(reactions, tmp_path / "out", "ray", preexec_fn=limit)
    _, heard = driver.communicate(timeout=SOON_S)
    assert driver.returncode
    said = heard.splitlines()[-1]
    assert said.startswith("tscreen: ")
    assert "ray.log" in said
    assert "Traceback" not in heard
    driver = started(reactions, tmp_path / "out", "local", preexec_fn=limit)
    driver.communicate(timeout=SOON_S)
    assert driver.returncode == 0
    assert check(tmp_path / "out") == []


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
