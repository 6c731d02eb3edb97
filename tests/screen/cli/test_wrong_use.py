"""Whatever is named wrongly, or is broken, is told in one sentence, with exit code 2."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import tscreen
from conftest import reaction_row, reaction_table
from runs import finished_run, new_run, put, result, results_table
from standins import standins

BROKEN = ["{", "[]", "null", '{"rows": "x"}', '{"rows": 1, "settings": 3}', "\xff", "[" * 99999]


@pytest.fixture
def reactions(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("tscreen.screen.runs.run.shipped", lambda settings: standins())
    pq.write_table(reaction_table(reaction_row("a")), tmp_path / "in.parquet")
    return tmp_path / "in.parquet"


def refusal(*command: object) -> str:
    done = tscreen(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("tscreen: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_an_empty_path_is_none(reactions):
    for command in (
        ["run", reactions, "--out", ""],
        ["run", "", "--out", reactions.parent / "out"],
    ):
        assert "an empty text names no file" in refusal(*command)
    for command in (["top"], ["check"], ["status"], ["report"], ["rank"]):
        assert "an empty text names no file" in refusal(*command, "")


def test_a_place_where_nothing_can_be_written_is_told(reactions, tmp_path):
    for out in (reactions / "out", Path("/proc/out")):
        assert "cannot be written" in refusal("run", reactions, "--out", out)
    assert "is a file; name a folder" in refusal("run", reactions, "--out", reactions)
    page = reactions / "report.html"
    assert "cannot be written" in refusal("report", finished_run(tmp_path / "a"), "--html", page)


def test_what_the_system_does_not_let_have_is_told(tmp_path):
    out = finished_run(tmp_path / "out", rows=1)
    put(results_table(result("a")), out, "results", "1")
    for file in ("/proc/a.xyz", tmp_path / f"{'n' * 300}.xyz"):
        assert "name another" in refusal("export", out, file)
    (tmp_path / "file").touch()
    assert "name another" in refusal("status", tmp_path / "file")
    jobs = ["--program", "orca", "--level", "a/b"]
    assert "cannot be written" in refusal("handoff", out, "/proc/jobs", *jobs)
    for name in ("s3://", "a\0b"):
        assert "names no file or folder" in refusal("top", name)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_plan_or_report_is_told(reactions, tmp_path, text):
    going, finished = new_run(tmp_path / "going"), finished_run(tmp_path / "finished")
    (going / "plan.json").write_bytes(text.encode("latin-1"))
    (finished / "run.json").write_bytes(text.encode("latin-1"))
    for command in (["check"], ["status"], ["report"], ["run", reactions, "--out"]):
        assert "plan.json' is broken" in refusal(*command, going)
    for command in ("check", "status", "top", "report"):
        assert "run.json' is" in refusal(command, finished)


def test_an_unknown_solvent_is_told_with_those_that_are_near(reactions, tmp_path):
    run = ["run", reactions, "--out", tmp_path / "out", "--solvent"]
    said = refusal(*run, "tolulene")
    assert "--solvent: unknown solvent 'tolulene'; did you mean toluene?" in said
    assert not (tmp_path / "out").exists()
    assert "--no-energies leaves nothing" in refusal(*run, "water", "--no-energies")


@pytest.mark.parametrize("text", ["[" * 10000, "template: x\nreaction: " + "{a: " * 5000])
def test_a_template_without_bottom_is_told(tmp_path, text):
    (tmp_path / "deep.yaml").write_text(text)
    said = refusal("sweep", tmp_path / "deep.yaml", "--out", tmp_path / "out.parquet")
    assert "cannot be read: maximum recursion depth" in said


def test_a_run_names_what_it_passes_over(reactions):
    (reactions.parent / "more").mkdir()
    out = reactions.parent / "out"
    done = tscreen("run", reactions.parent, "--out", out, "--filter", "charge = 7")
    assert done.stderr.startswith("tscreen: passed over: more; ")
