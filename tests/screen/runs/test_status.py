"""`tscreen status`: what a run's folder tells at every stage of the run."""

import io
import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from runs import finish, finished_run, new_run, put, rejects_table, result, results_table

from tscreen.screen.cli.main import main
from tscreen.screen.errors import UsageError
from tscreen.screen.runs.status import Observer, RunStatus
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked
from tscreen.screen.views.status_view import as_text, headline, span

BEGAN = 1_000_000.0
HOUR = 3600.0


def at(seconds: float, path: Path) -> Path:
    """Let a file have come so many seconds after the run began."""
    os.utime(path, (BEGAN + seconds, BEGAN + seconds))
    return path


@pytest.fixture
def out(tmp_path):
    """A run of 100 reactions that has just begun and decides row by row."""
    out = new_run(tmp_path / "out", rows=100, min_p_good=0.5, fallback_fraction=None)
    at(0, out / "plan.json")
    return out


@pytest.fixture
def staging(tmp_path):
    """One that has to score all reactions first."""
    out = new_run(tmp_path / "out", rows=100, min_p_good=None, fallback_fraction=0.14)
    at(0, out / "plan.json")
    return out


def chunk(out: Path, name: str, seconds: float, n: int = 8, **cells: object) -> None:
    rows = [result(f"{name}{i}", **{"wall_s": float(i), **cells}) for i in range(n)]
    at(seconds, put(results_table(*rows), out, "results", name))


def set_aside(out: Path, name: str, seconds: float, n: int = 8) -> None:
    path = out / "staged" / f"{name}.parquet"
    pq.write_table(pa.table({"reaction_id": [f"{name}{i}" for i in range(n)]}), path)
    at(seconds, path)


def look(out: Path, seconds: float) -> RunStatus:
    return Observer(out).look(BEGAN + seconds)


def shown(status: RunStatus) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(as_text(status))
    return console.file.getvalue()


def test_before_the_first_chunk_a_run_is_starting(out):
    status = look(out, 12.0)
    assert (status.state, status.rows, status.done) == ("starting", 100, 0)
    assert status.reactions_per_s is None
    assert status.left_s is None
    assert status.last_chunk_s is None
    assert "begun 12 s ago, no chunk yet" in shown(status)


def test_rows_are_counted_by_what_became_of_them(out):
    chunk(out, "a", 10.0)
    chunk(out, "b", 20.0, status="xtb")
    chunk(out, "c", 20.0, n=2, status="failed", error_code="xtb_scf")
    at(30.0, put(rejects_table("bad_smiles", "bad_smiles", "duplicate_id"), out, "rejects", "c"))
    status = look(out, 40.0)
    assert status.state == "screening"
    assert status.done == 21
    assert status.status == {"generated": 8, "xtb": 8, "failed": 2}
    assert status.error_code == {"xtb_scf": 2}
    assert status.reject_code == {"bad_smiles": 2, "duplicate_id": 1}
    assert status.reactions_per_s == pytest.approx(21 / 40)
    assert status.left_s == pytest.approx(79 / (21 / 40))
    assert status.last_chunk_s == pytest.approx(10.0)
    text = shown(status)
    assert "21 of 100" in text
    assert "last chunk 10 s ago" in text
    assert "duplicate_id" in text


def test_the_slowest_reactions_are_named(out):
    chunk(out, "a", 10.0)
    chunk(out, "b", 20.0, n=2, wall_s=6.5, status="xtb")
    slowest = look(out, 30.0).slowest
    assert [row["wall_s"] for row in slowest] == [7.0, 6.5, 6.5, 6.0, 5.0]
    assert slowest[0] == {"reaction_id": "a7", "status": "generated", "wall_s": 7.0}


def test_while_all_are_judged_the_pace_is_that_of_judging(staging):
    for i in range(5):
        set_aside(staging, f"{i}", 10.0 * (i + 1))
    status = look(staging, 50.0)
    assert (status.state, status.scored, status.done) == ("scoring", 40, 0)
    assert status.reactions_per_s == pytest.approx(0.8)
    assert status.left_s == pytest.approx(75.0)
    assert "to score the rest" in shown(status)


def test_once_all_are_judged_the_pace_is_that_of_writing(staging):
    set_aside(staging, "a", 100.0, n=50)
    set_aside(staging, "b", 200.0, n=50)
    status = look(staging, 210.0)
    assert (status.state, status.scored, status.left_s) == ("screening", 100, None)
    chunk(staging, "a", 220.0, n=50)
    status = look(staging, 225.0)
    assert (status.state, status.scored, status.done) == ("screening", 100, 50)
    assert status.reactions_per_s == pytest.approx(2.0)
    assert status.left_s == pytest.approx(25.0)


def test_a_run_that_stands_still_says_for_how_long_and_promises_nothing(out):
    for i in range(4):
        chunk(out, f"{i}", 10.0 * (i + 1))
    status = look(out, 5 * HOUR)
    assert status.stalled
    assert status.reactions_per_s is None
    assert status.left_s is None
    assert "nothing has come for 5.0 h" in shown(status)
    assert "nothing has come for 5.0 h" in headline(status)


@pytest.mark.parametrize("done", [0, 8, 100])
def test_a_run_that_nothing_is_at_work_on_is_interrupted_and_told_how_to_go_on(out, done):
    if done:
        chunk(out, "a", 10.0, n=done)
    with locked(Location.at(out)):
        assert look(out, 20.0).state in ("starting", "screening", "ending")
    status = look(out, 5 * HOUR)
    assert (status.state, status.stalled, status.done) == ("interrupted", False, done)
    assert (status.reactions_per_s, status.left_s) == (None, None)
    for text in (shown(status), headline(status)):
        assert "give the same `tscreen` command again" in text
    finish(out)
    assert look(out, 20.0).state == "finished"


def test_a_resumed_run_has_the_pace_of_now_not_of_the_night(out):
    chunk(out, "a", 10.0)
    chunk(out, "b", 20.0)
    for i in range(3):
        chunk(out, f"c{i}", 8 * HOUR + 10.0 * i)
    status = look(out, 8 * HOUR + 20.0)
    assert status.reactions_per_s == pytest.approx(0.8)
    assert not status.stalled


def test_when_all_is_written_but_the_report_the_run_is_ending(out):
    chunk(out, "a", 10.0, n=100)
    status = look(out, 11.0)
    assert (status.state, status.left_s) == ("ending", 0.0)


def test_a_finished_run_says_so_however_long_ago(out):
    finish(out, reactions_per_s=7.0)
    chunk(out, "a", 10.0, n=100)
    at(30.0, out / "run.json")
    shutil.rmtree(out / "staged")
    status = look(out, 100 * HOUR)
    assert (status.state, status.stalled, status.left_s) == ("finished", False, 0.0)
    assert status.age_s == pytest.approx(30.0)
    assert status.reactions_per_s == 7.0
    assert headline(status) == "finished: 100 of 100 reactions written, took 30 s"


def test_a_file_that_cannot_be_read_is_named_and_read_when_it_can(out):
    chunk(out, "a", 10.0)
    (out / "chunks" / "results" / "part-b.parquet").write_bytes(b"PAR1")
    observer = Observer(out)
    status = observer.look(BEGAN + 20.0)
    assert status.done == 8
    assert status.unreadable == ["chunks/results/part-b.parquet"]
    assert "part-b.parquet" in shown(status)
    chunk(out, "b", 15.0)
    assert observer.look(BEGAN + 20.0).done == 16


def test_a_chunk_that_is_written_again_counts_once(out):
    observer = Observer(out)
    chunk(out, "a", 10.0)
    observer.look(BEGAN + 10.0)
    chunk(out, "a", 20.0, status="xtb")
    assert observer.look(BEGAN + 20.0).status == {"xtb": 8}


def test_known_files_are_not_read_again(out, monkeypatch):
    chunk(out, "a", 10.0)
    observer = Observer(out)
    before = observer.look(BEGAN + 20.0)
    monkeypatch.setattr(pq, "ParquetFile", lambda path: pytest.fail(f"{path} is read again"))
    assert observer.look(BEGAN + 20.0) == before


def test_rows_in_folders_count_by_what_the_folders_say(tmp_path):
    out = finished_run(tmp_path / "out", rows=3, status="string", template="int64")
    rows = results_table(result("a"), result("b")).drop_columns(["status"])
    put(rows, out, "results", "status=xtb/template=7/0")
    put(rows.slice(0, 1), out, "results", "status=generated/template=7/0")
    status = look(out, 20.0)
    assert status.status == {"xtb": 2, "generated": 1}
    assert {row["status"] for row in status.slowest} == {"xtb", "generated"}


def test_files_that_come_and_go_do_no_harm(out, tmp_path):
    over = threading.Event()
    source = put(results_table(result("a")), new_run(tmp_path / "source"), "results", "a")

    def churn() -> None:
        while not over.is_set():
            for name in "abc":
                there = out / "chunks" / "results" / f"part-{name}.parquet"
                shutil.copy(source, out / "x.tmp")
                (out / "x.tmp").replace(there)
                there.unlink()
                shutil.rmtree(out / "staged", ignore_errors=True)
                (out / "staged").mkdir()

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        seen = {look(out, 20.0).done for _ in range(200)}
    finally:
        over.set()
        worker.join()
    assert seen <= {0, 1, 2, 3}


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(UsageError, match="tscreen run"):
        Observer(tmp_path)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119, "119 s"), (150, "2.5 min"), (9000, "2.5 h")]
)
def test_times_are_told_in_the_unit_that_fits(seconds, text):
    assert span(seconds) == text


def commanded(capsys, monkeypatch, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["tscreen", "status", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_watching_ends_with_the_run(out, capsys, monkeypatch):
    chunk(out, "a", 10.0, n=100)

    def end(seconds: float) -> None:
        finish(out, reactions_per_s=7.0)

    monkeypatch.setattr("tscreen.screen.cli.commands.analytics.time.sleep", end)
    lines = commanded(capsys, monkeypatch, str(out), "--watch", "--json").splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["ending", "finished"]
    (out / "run.json").unlink()
    lines = commanded(capsys, monkeypatch, str(out), "--watch").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["ending", "finished"]
