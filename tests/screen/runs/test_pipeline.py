"""Whole runs with light stages in place of the network and of xTB; on Ray where Ray matters."""

import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from standins import (
    ENERGIES,
    REFINE,
    FullDisk,
    Played,
    Replacing,
    certainty,
    chain,
    hydrogens,
    run_until_stuck,
    standins,
)

from tscreen.screen.cli.main import main
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.runs.run import run
from tscreen.screen.runs.status import Observer
from tscreen.screen.storage.location import Location


def screened(folder: Path, *rows: dict, stages=None, name="out", **settings) -> tuple[dict, Path]:
    if rows:
        pq.write_table(reaction_table(*rows), folder / "in.parquet")
    out = folder / name
    usual = {"input": folder / "in.parquet", "out": out, "engine": "local"}
    wanted = Settings(**usual | settings)
    return run(wanted, Show(), stages or standins(wanted.seed)).as_json(), out


def many(n: int) -> list[dict]:
    """Good reactions of several sizes with two tags."""
    return [
        reaction_row(f"r{i:03}", **hydrogens(2 + 2 * (i % 6)), split="val", rank=i)
        for i in range(n)
    ]


def rows_by_id(out: Path) -> dict[str, dict]:
    return {row["reaction_id"]: row for row in read_results(out).collect().to_dicts()}


SHARE = {"fallback_fraction": 0.14, "seed": 7}


@pytest.fixture(scope="module")
def hundred(tmp_path_factory) -> tuple[dict, Path]:
    """A hundred reactions, the least certain share of which is searched, and a bad row."""
    folder = tmp_path_factory.mktemp("hundred")
    bad = reaction_row("bad", multiplicity=2, split="../x", rank=100)
    return screened(folder, *many(100), bad, **SHARE)


def test_every_reaction_is_a_result_with_its_tags(hundred):
    _, out = hundred
    rows = rows_by_id(out)
    assert sorted(rows) == [f"r{i:03}" for i in range(100)]
    assert [row["rank"] for _, row in sorted(rows.items())] == list(range(100))
    assert {row["seed"] for row in rows.values()} == {7}
    assert {row["barrier_kcal_mol"] for row in rows.values()} == {2.0, 4.0, 6.0, 8.0, 10.0, 12.0}
    assert check(out) == []


def test_exactly_the_least_certain_share_is_searched(hundred):
    _, out = hundred
    ranked = sorted((certainty(name), name) for name in rows_by_id(out))
    searched = [name for name, row in rows_by_id(out).items() if row["status"] == "refined"]
    assert sorted(searched) == sorted(name for _, name in ranked[:14])


def test_the_time_of_a_row_is_that_of_its_stages(hundred):
    _, out = hundred
    for row in rows_by_id(out).values():
        assert row["wall_s"] == (1.75 if row["status"] == "refined" else 0.75)


def test_the_report_counts_what_is_on_disk(hundred):
    report, out = hundred
    assert json.loads((out / "run.json").read_text()) == report
    assert report["counts"] == {
        "rows": 101,
        "results": 100,
        "rejects": 1,
        "status": {"generated": 86, "refined": 14},
        "error_code": {},
        "reject_code": {"electron_count": 1},
    }
    assert report["barriers_kcal_mol"]["median"] == 6.0
    assert {name: stage["rows"] for name, stage in report["stages"].items()} == {
        **dict.fromkeys(["read", "validate", "sample", "energies", "set aside"], 101),
        **dict.fromkeys(["take up", "choose", "write", "compact"], 101),
        "refine": 14,
    }
    assert report["weights"]["version"] == "stand-in"


def test_unless_told_otherwise_every_reaction_is_refined(tmp_path):
    rows = [*many(9), reaction_row("bad", multiplicity=2, split="val", rank=9)]
    report, out = screened(tmp_path, *rows)
    assert {row["status"] for row in rows_by_id(out).values()} == {"refined"}
    assert report["stages"]["refine"]["rows"] == 9
    assert report["settings"]["refine"] == "all"
    assert report["settings"]["level"] == "gfn2-xtb+delta"
    assert read_rejects(out).collect()["reaction_id"].to_list() == ["bad"]
    assert check(out) == []


@pytest.mark.usefixtures("local_ray")
def test_two_samplers_on_ray_change_nothing(hundred):
    alone, out = hundred
    report, again = screened(out.parent, name="again", engine="ray", workers=2, **SHARE)
    assert (report["workers"]["cores"], report["workers"]["samplers"]) == (1, 2)
    assert rows_by_id(again) == rows_by_id(out)
    assert report["counts"] == alone["counts"]
    for name, stage in alone["stages"].items():
        assert report["stages"][name]["rows"] == stage["rows"]
    names = [sorted(path.name for path in (o / "results").iterdir()) for o in (out, again)]
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"fallback_fraction": 0.5}, r"fallback_fraction 0.14 then, 0.5 now.*another --out"),
        ({"partition_by": ["rank"]}, r'partition_by \[\] then, \["rank"\] now'),
    ],
)
def test_a_run_with_other_settings_is_refused_and_left_alone(hundred, other, told):
    _, out = hundred
    before = (out / "run.json").read_bytes()
    with pytest.raises(UsageError, match=told):
        screened(out.parent, **SHARE | other)
    assert (out / "run.json").read_bytes() == before


def test_other_input_of_the_same_name_is_refused(hundred):
    _, out = hundred
    source = out.parent / "in.parquet"
    then, given = source.stat(), source.read_bytes()
    others = many(100)[::-1]
    others[0] |= hydrogens(14)
    with pytest.raises(UsageError, match=r"'r099' of .*atomic_numbers has changed"):
        screened(out.parent, *others, **SHARE)
    source.write_bytes(given)
    os.utime(source, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert len(rows_by_id(out)) == 100


def test_results_that_no_plan_belongs_to_are_refused(tmp_path):
    (tmp_path / "out" / "results").mkdir(parents=True)
    (tmp_path / "out" / "results" / "part-0.parquet").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"already holds results.*another --out"):
        screened(tmp_path, *many(2))
    assert (tmp_path / "out" / "results" / "part-0.parquet").read_bytes() == b"mine"


def test_a_run_that_is_done_is_not_done_again(hundred):
    report, out = hundred
    again, _ = screened(out.parent, workers=2, **SHARE)
    assert again == report
    assert not (out / "staged").exists()


LIMIT = {"min_p_good": 0.3}


@pytest.fixture(scope="module")
def limited(hundred) -> tuple[dict, Path]:
    """The same reactions, searched below a limit."""
    return screened(hundred[1].parent, name="limited", **LIMIT)


def killed_and_repeated(folder: Path, whole: Path, choice: dict, **driver: str) -> dict:
    """The report of a run that goes on where its driver was killed, and has all the rows."""
    source, out = whole.parent / "in.parquet", folder / "out"
    settings = Settings(input=source, out=out, **driver, **choice)
    process = multiprocessing.get_context("spawn").Process(
        target=run_until_stuck, args=(settings, folder / "uses")
    )
    process.start()
    deadline = time.monotonic() + 400
    while not list(out.glob("done/*")):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with pytest.raises(UsageError, match="another tscreen is at work"):
        screened(folder, input=source, **choice)
    process.kill()
    process.join()
    assert not (out / "run.json").exists()
    (out / "leftover.tmp").write_bytes(b"half")
    report, _ = screened(folder, input=source, **choice)
    assert 0 < report["rows_done_before"] < 101
    assert report["stages"]["write"]["rows"] == 101 - report["rows_done_before"]
    assert rows_by_id(out) == rows_by_id(whole)
    assert not list(out.glob("*.tmp"))
    return report


def test_a_run_whose_driver_is_killed_goes_on_where_it_was(limited, tmp_path):
    killed_and_repeated(tmp_path, limited[1], LIMIT, engine="local")


def test_so_does_one_whose_driver_on_ray_is_killed(hundred, local_ray, tmp_path):
    report = killed_and_repeated(tmp_path, hundred[1], SHARE, engine="ray", address=local_ray)
    assert report["stages"]["sample"]["rows"] == 0  # all had been scored before


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(hundred, tmp_path):
    _, whole = hundred
    wanted = {"input": whole.parent / "in.parquet", **SHARE}
    full = replace(standins(7), refine=Played(REFINE, FullDisk))
    sentence = r"\A[^\n]*No space left on device[^\n]*repeat the command to go on[^\n]*\Z"
    with pytest.raises(BrokenOffError, match=sentence):
        screened(tmp_path, stages=full, **wanted)
    screened(tmp_path, **wanted)
    assert rows_by_id(tmp_path / "out") == rows_by_id(whole)
    assert check(tmp_path / "out") == []


class PowerCutError(Exception):
    """The machine stops."""


def test_a_run_that_is_killed_before_its_report_and_again_after_it(hundred, tmp_path, monkeypatch):
    _, whole = hundred
    wanted = {"input": whole.parent / "in.parquet", "partition_by": ["rank", "status"], **SHARE}
    out, put = tmp_path / "out", Location.put

    def fail(location: Location, part: str, data: bytes) -> None:
        if part == "run.json":
            raise PowerCutError
        put(location, part, data)

    with monkeypatch.context() as patch:
        patch.setattr(Location, "put", fail)
        with pytest.raises(PowerCutError):
            screened(tmp_path, **wanted)
    assert list(out.glob("results/rank=7/status=*/part-0.parquet"))
    assert rows_by_id(out) == rows_by_id(whole)  # of the chunks
    (out / "results" / "rank=7" / "part-7.parquet").write_bytes(b"half")

    with monkeypatch.context() as patch:
        patch.setattr("tscreen.screen.runs.run.clear", lambda out: None)
        report, _ = screened(tmp_path, **wanted)
    assert report["rows_done_before"] == 101
    assert (out / "chunks").exists()
    assert rows_by_id(out) == rows_by_id(whole)
    assert check(out) == []

    again, _ = screened(tmp_path, **wanted)
    assert again == report
    names = {path.name for path in out.iterdir()}
    assert not names & {"chunks", "staged", "done"}
    assert names >= {"plan.json", "results", "run.json"}
    assert rows_by_id(out) == rows_by_id(whole)
    assert check(out) == []


def test_an_input_that_is_replaced_on_the_way_ends_the_run(tmp_path):
    replacing = Played(ENERGIES, partial(Replacing, tmp_path / "in.parquet"))
    with pytest.raises(BrokenOffError, match=r"in.parquet' has changed, or was replaced"):
        screened(tmp_path, *many(2), stages=replace(standins(), energies=replacing))
    assert not (tmp_path / "out" / "run.json").exists()


def test_a_filter_that_keeps_nothing_is_refused(hundred):
    _, out = hundred
    with pytest.raises(UsageError, match="split = 'test'"):
        screened(out.parent, name="none", filter="split = 'test'")
    assert not (out.parent / "none").exists()


BAD_ROWS = {
    "not_finite": {"reactant_positions": [[0.0, 0.0, float("nan")], *chain(2)]},
    "atoms_overlap": {"product_positions": [[0.0, 0.0, 0.1], *chain(2)]},
    "unknown_element": {"atomic_numbers": [1, 6, 92]},
    "electron_count": {"multiplicity": 2},
    "lengths_differ": {"product_fragments": [0, 0]},
    "too_many_atoms": hydrogens(40),
    "too_few_atoms": {**hydrogens(1), "multiplicity": 2},
    "missing_value": {"charge": None},
    "duplicate_id": {"reaction_id": "good0"},
}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory) -> tuple[int, Path]:
    """One bad row and one bad file of each kind among good ones; the exit code of the command."""
    folder = tmp_path_factory.mktemp("spoiled")
    source = folder / "in"
    source.mkdir()
    bad = [reaction_row(code, **{"reaction_id": code, **cells}) for code, cells in BAD_ROWS.items()]
    good = [reaction_row(f"good{i}", split="val") for i in range(3)]
    table = reaction_table(*good, *[{**row, "split": "val"} for row in bad])
    pq.write_table(table, source / "a.parquet")
    pq.write_table(reaction_table(reaction_row("other", yield_=0.5)), source / "b.parquet")
    lacking = reaction_table(reaction_row("lacking")).drop_columns(["charge"])
    pq.write_table(lacking, source / "lacking.parquet")
    wrong = reaction_table(reaction_row("wrong")).set_column(6, "charge", pa.array(["plus"]))
    pq.write_table(wrong, source / "wrong.parquet")
    pq.write_table(table.slice(0, 0), source / "empty.parquet")
    (source / "truncated.parquet").write_bytes((source / "a.parquet").read_bytes()[:-40])
    (source / "noise.parquet").write_bytes(b"no Parquet at all")
    (source / "smiles.csv").write_text("reaction_id,smiles\nunbuilt,C>>C\nnothing,\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tscreen.screen.runs.run.shipped", lambda settings: standins(settings.seed))
        arguments = ["run", source, "--out", folder / "out", "--max-atoms", 30, "--refine", "none"]
        arguments += ["--engine", "local", "--json"]
        patch.setattr(sys, "argv", ["tscreen", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    return stop.value.code, folder / "out"


def test_good_rows_among_bad_ones_are_screened(spoiled):
    code, out = spoiled
    rows = rows_by_id(out)
    assert code == 0
    assert sorted(rows) == ["good0", "good1", "good2", "other"]
    assert {row["status"] for row in rows.values()} == {"generated"}
    assert (rows["other"]["yield_"], rows["good1"]["split"]) == (0.5, "val")


def test_without_refining_no_stage_searches(spoiled):
    _, out = spoiled
    report = json.loads((out / "run.json").read_text())
    assert "sample" in report["stages"]
    assert not {"choose", "refine"} & set(report["stages"])


def test_every_bad_row_is_rejected_with_its_own_code_and_a_sentence(spoiled):
    _, out = spoiled
    rejects = read_rejects(out).collect()
    assert Counter(rejects["code"]) == {
        **dict.fromkeys(BAD_ROWS, 1),
        "missing_value": 2,
        "missing_column": 1,
        "wrong_type": 1,
        "empty_table": 1,
        "unreadable_file": 2,
        "bad_smiles": 1,
    }
    named = rejects.filter(pl.col("code").is_in([*BAD_ROWS]) & (pl.col("reaction_id") != "nothing"))
    for row in named.to_dicts():
        name = "good0" if row["code"] == "duplicate_id" else row["code"]
        assert row["reaction_id"] == name
        assert f"'{name}'" in row["message"]
    assert rejects["source"].null_count() == rejects["source_row"].null_count() == 0


def test_uncertain_rows_can_be_told_by_a_limit_and_failures_are_said(tmp_path, capsys, monkeypatch):
    rows = [*many(9), reaction_row("hopeless", split="val", rank=0)]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    monkeypatch.setattr("tscreen.screen.runs.run.shipped", lambda settings: standins(settings.seed))
    arguments = ["run", tmp_path / "in.parquet", "--out", tmp_path / "out", "--min-p-good", 0.25]
    arguments += ["--engine", "local"]
    monkeypatch.setattr(sys, "argv", ["tscreen", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    found = rows_by_id(tmp_path / "out")
    hopeless = found.pop("hopeless")
    assert stop.value.code == 0
    assert (hopeless["status"], hopeless["error_code"]) == ("failed", "xtb_scf")
    assert hopeless["barrier_kcal_mol"] is None
    for name, row in found.items():
        assert (row["status"] == "refined") == (certainty(name) < 0.25)
    printed = capsys.readouterr().out
    assert "10 reactions" in printed
    assert "xtb_scf" in printed


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (["--min-p-good", "0.5", "--fallback-fraction", "0.1"], "not both"),
        (["--min-p-good", "0.5", "--refine", "none"], "--refine uncertain"),
        (["--fallback-fraction", "0.5", "--refine", "all"], "--refine uncertain"),
        (["--no-energies", "--refine", "all"], "nothing can be refined"),
        (["--no-energies", "--min-p-good", "0.5"], "nothing can be refined"),
        (["--filter", "spilt = 1"], "choose from"),
        (["--partition-by", "template"], "choose from"),
    ],
)
def test_contradictions_and_mistakes_end_with_code_2_and_one_line(
    tmp_path, capsys, monkeypatch, options, remedy
):
    pq.write_table(reaction_table(reaction_row("a")), tmp_path / "in.parquet")
    monkeypatch.setattr("tscreen.screen.runs.run.shipped", lambda settings: standins())
    arguments = ["run", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out"), *options]
    monkeypatch.setattr(sys, "argv", ["tscreen", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert remedy in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_level_that_nobody_knows_is_a_wrong_use(tmp_path):
    wanted = Settings(input=tmp_path, out=tmp_path / "out", level="pm3")
    with pytest.raises(UsageError, match=r"`level`: .*known levels: gfn1-xtb, gfn2-xtb"):
        shipped(wanted)


def test_without_energies_no_program_need_be_installed(tmp_path, monkeypatch):
    monkeypatch.setattr("tscreen.actors.quantum.levels.find_spec", lambda name: None)
    given = {"input": tmp_path, "out": tmp_path / "out"}
    with pytest.raises(UsageError, match=r"`level`: .*pip install"):
        shipped(Settings(**given))
    assert shipped(Settings(**given, energies=False)).sample.name == "sample"
    with pytest.raises(UsageError, match="known levels"):
        shipped(Settings(**given, energies=False, level="pm3"))


def test_the_status_of_a_finished_run_is_what_its_report_says(hundred):
    report, out = hundred
    status = Observer(out).look(time.time())
    assert (status.state, status.stalled, status.unreadable) == ("finished", False, [])
    assert (status.rows, status.done) == (101, 101)
    assert status.status == report["counts"]["status"]
    assert status.reactions_per_s == report["reactions_per_s"]
    assert len(status.slowest) == 5
