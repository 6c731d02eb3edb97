"""Whatever native code does, the worker lives on."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import HCN

from tscreen.actors.quantum.xtb import energy
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.isolation import STATM, Isolated
from tscreen.actors.workers.threads import NAMES


def double(x: int) -> int:
    return 2 * x


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def loop() -> None:
    while True:
        time.sleep(0.1)


def eat() -> int:
    return len(bytearray(3 * 2**30))


def storm() -> None:
    for _ in range(64):
        threading.Thread(target=loop, daemon=True).start()
    loop()


def threads_of_a_calculation() -> int:
    energy(np.array([1, 6, 7]), HCN)
    return len(list(Path("/proc/self/task").iterdir()))


def fail(error: Exception) -> None:
    raise error


@pytest.fixture(scope="module")
def isolated():
    runner = Isolated(memory=2**30)
    yield runner
    runner.close()


def code_of(isolated, *call) -> str:
    with pytest.raises(CalculationError) as caught:
        isolated(*call)
    return caught.value.code


def test_answers_come_back(isolated):
    assert [isolated(60, double, k) for k in range(3)] == [0, 2, 4]


def test_a_crash_costs_one_call(isolated):
    assert code_of(isolated, 60, crash) == "xtb_crash"
    assert isolated(60, double, 4) == 8


def test_an_endless_calculation_is_stopped(isolated):
    isolated(60, double, 1)
    start = time.monotonic()
    assert code_of(isolated, 0.5, loop) == "xtb_timeout"
    assert time.monotonic() - start < 5
    assert isolated(60, double, 5) == 10


def test_a_storm_of_threads_costs_one_call(isolated):
    isolated(60, double, 1)
    # Either their stacks are too much memory, or they go on until the time is up.
    assert code_of(isolated, 1.0, storm) in {"xtb_crash", "xtb_timeout"}
    assert isolated(60, threading.active_count) == 1


@pytest.mark.skipif(not STATM.exists(), reason="only Linux lists the threads of a process")
def test_a_child_has_one_thread_whatever_the_environment_says(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "16")
    runner = Isolated()
    assert runner(60, threads_of_a_calculation) < 8
    assert {os.environ[name] for name in NAMES} == {"16"}
    runner.close()


@pytest.mark.skipif(not STATM.exists(), reason="only Linux counts address space")
def test_a_hunger_for_memory_is_refused(isolated):
    assert code_of(isolated, 60, eat) == "xtb_memory"
    assert isolated(60, double, 6) == 12


def test_errors_keep_their_code(isolated):
    assert code_of(isolated, 60, fail, ValueError("oops")) == "xtb_crash"
    assert code_of(isolated, 60, fail, CalculationError("xtb_scf", "no")) == "xtb_scf"


def test_a_child_does_not_outlive_its_worker():
    runner = Isolated()
    pid = runner(60, os.getpid)
    assert pid != os.getpid()
    runner.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_is_imported_from_the_working_folder(tmp_path, monkeypatch):
    for name in ("socket", "pickle", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    runner = Isolated(preload=("numpy",))
    try:
        assert runner(60.0, double, 2) == 4
    finally:
        runner.close()
