"""The files of chunks become few files, in folders by tags, with every row once."""

import json
import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import finish, new_run, put, rejects_table, result, results_table

from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from tscreen.screen.analysis.query import asked
from tscreen.screen.dataset import compaction
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.compaction import clear, compact
from tscreen.screen.dataset.output import (
    Tables,
    dataset_of,
    read_rejects,
    read_results,
)
from tscreen.screen.runs.status import Observer
from tscreen.screen.storage.location import Location

ODD = [None, "007", "7", "", " ", "../../x", "a/b=c", "..", "a%2Fb", "ü", "n\nl", "null", "\\"]


def compacted(out: Path, *by: str) -> Tables:
    """Compact all chunks in the order of their names."""
    files = (Location.at(out) / "chunks").files(deep=True)
    names = sorted({file.base.removeprefix("part-").removesuffix(".parquet") for file in files})
    return compact(Location.at(out), names, list(by), lambda rows: None)


def finished(out: Path, *by: str) -> None:
    """What a run does in the end."""
    results, rejects, *_ = compacted(out, *by)
    rows = results.frame().collect().height + rejects.frame().collect().height
    plan = json.loads((out / "plan.json").read_text()) | {"rows": rows}
    (out / "plan.json").write_text(json.dumps(plan))
    types = {column.name: str(column.type) for column in results.partitions}
    finish(out, rows, partitions=types)
    clear(Location.at(out))


def by_id(out: Path, column: str) -> dict[str, object]:
    return dict(read_results(out).select("reaction_id", column).collect().iter_rows())


def test_many_chunks_become_one_file_with_full_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(compaction, "ROW_GROUP", 8)
    monkeypatch.setattr(compaction, "FILE_ROWS", 24)
    out = new_run(tmp_path / "out")
    for i in range(10):
        rows = [result(f"{i}{j}", rank=5 * i + j) for j in range(5)]
        put(results_table(*rows), out, "results", f"{i}")
    put(rejects_table("bad_smiles"), out, "rejects", "3")
    told: list[int] = []
    compact(Location.at(out), [f"{i}" for i in range(10)], [], told.append)
    assert sum(told) == 51
    files = sorted((out / "results").iterdir())
    groups = [
        [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        for metadata in map(pq.read_metadata, files)
    ]
    assert groups == [[8, 8, 8], [8, 8, 8], [2]]
    ranks = [rank for file in files for rank in pq.read_table(file)["rank"].to_pylist()]
    assert ranks == list(range(50))
    for file, fields in (
        (files[0], RESULT_FIELDS),
        (files[2], RESULT_FIELDS),
        (out / "rejects" / "part-0.parquet", REJECT_FIELDS),
    ):
        assert pq.read_schema(file).metadata.items() >= fields.metadata.items()
        said = pq.read_schema(file).field("reaction_id").metadata
        assert said.items() >= fields.field("reaction_id").metadata.items()
        column = pq.read_metadata(file).row_group(0).column(0)
        assert (column.compression, column.is_stats_set) == ("ZSTD", True)


def test_the_order_of_rows_is_that_of_the_chunks_whenever_they_came(tmp_path):
    out = new_run(tmp_path / "out")
    for name in "cab":
        put(results_table(*(result(f"{name}{i}") for i in range(40))), out, "results", name)
    names = []
    for _ in range(3):
        compact(Location.at(out), ["b", "nothing good", "c", "a"], [], lambda rows: None)
        names.append(pq.read_table(out / "results")["reaction_id"].to_pylist())
    assert names == [[f"{chunk}{i}" for chunk in "bca" for i in range(40)]] * 3


def test_tags_of_different_files_are_united_and_odd_ones_are_text(tmp_path):
    out = new_run(tmp_path / "out")
    put(results_table(result("a", rank=1, site=1, mixed=[1, 2])), out, "results", "1")
    put(results_table(result("b", rank=1.5, site="left", mixed="x")), out, "results", "2")
    put(results_table(result("c", yield_=0.5, mixed=b"\xff", site=True)), out, "results", "3")
    finished(out)
    assert by_id(out, "rank") == {"a": 1.0, "b": 1.5, "c": None}
    assert by_id(out, "site") == {"a": "1", "b": "left", "c": "true"}
    assert by_id(out, "mixed") == {"a": b"[1, 2]", "b": b"x", "c": b"\xff"}
    assert by_id(out, "yield_") == {"a": None, "b": None, "c": 0.5}
    assert check(out) == []


def test_any_value_of_a_tag_comes_back_from_its_folder(tmp_path):
    out = new_run(tmp_path / "out")
    for i, value in enumerate(ODD):
        put(results_table(result(f"r{i}", template=value, n=i % 2)), out, "results", f"{i:02}")
    put(results_table(result("none")), out, "results", "none")
    finished(out, "template", "n")
    everything = {f"r{i}": value for i, value in enumerate(ODD)} | {"none": None}
    assert by_id(out, "template") == everything
    assert by_id(out, "n") == {f"r{i}": i % 2 for i in range(len(ODD))} | {"none": None}
    assert read_results(out).collect_schema()["n"] == pl.Int64
    with asked(out, "SELECT reaction_id, template FROM results WHERE template = '007'") as answer:
        assert list(answer.rows) == [("r1", "007")]
    with asked(out, "SELECT reaction_id FROM results WHERE template IS NULL ORDER BY 1") as answer:
        assert list(answer.rows) == [("none",), ("r0",)]
    assert check(out) == []
    assert Observer(out).look(0.0).done == len(ODD) + 1
    # Nothing lies elsewhere, each value has a folder, and no name is one step up.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    names = {path.name for path in out.iterdir()}
    assert names == {"plan.json", "results", "run.json", "SHA256SUMS"}
    assert len(list((out / "results").glob("template=*"))) == len(ODD)
    assert all(len(file.relative_to(out).parts) == 4 for file in out.rglob("*.parquet"))


def test_folders_by_results_are_told_by_status_and_check(tmp_path):
    out = new_run(tmp_path / "out")
    rows = [result(f"r{i}", status="xtb" if i % 3 else "generated") for i in range(9)]
    put(results_table(*rows), out, "results", "1")
    finished(out, "status")
    assert Observer(out).look(0.0).status == {"xtb": 6, "generated": 3}
    assert check(out) == []
    assert dataset_of(out, "results").to_table()["status"].to_pylist().count("xtb") == 6


@pytest.mark.parametrize("n_folders", [3, 40])
def test_many_folders_are_written_in_turns_and_have_one_file_each(tmp_path, monkeypatch, n_folders):
    monkeypatch.setattr(compaction, "FOLDERS_AT_ONCE", 4)
    monkeypatch.setattr(compaction, "ROWS_HELD", 16)
    out = new_run(tmp_path / "out")
    for start in range(0, 120, 10):
        rows = [result(f"r{i:03}", family=i % n_folders) for i in range(start, start + 10)]
        put(results_table(*rows), out, "results", f"{start:03}")
    finished(out, "family")
    assert by_id(out, "family") == {f"r{i:03}": i % n_folders for i in range(120)}
    assert len(list(out.rglob("results/*/*.parquet"))) == n_folders


def test_what_an_earlier_attempt_left_is_replaced(tmp_path):
    out = new_run(tmp_path / "out")
    put(results_table(result("a", family="x")), out, "results", "1")
    put(rejects_table("bad_smiles"), out, "rejects", "1")
    compacted(out, "family")
    (out / "results" / "family=y").mkdir()
    (out / "results" / "family=y" / "part-0.parquet").write_bytes(b"half")
    assert by_id(out, "family") == {"a": "x"}  # of the chunks, as there is no report
    finished(out, "family")
    assert by_id(out, "family") == {"a": "x"}
    assert len(list(out.rglob("*.parquet"))) == 2


def test_left_over_chunks_do_not_count_once_there_is_a_report(tmp_path):
    out = new_run(tmp_path / "out")
    put(results_table(result("a")), out, "results", "1")
    chunk = (out / "chunks" / "results" / "part-1.parquet").read_bytes()
    finished(out)
    (out / "chunks" / "results").mkdir(parents=True)
    (out / "chunks" / "results" / "part-1.parquet").write_bytes(chunk)
    assert read_results(out).collect().height == 1
    assert dataset_of(out, "results").count_rows() == 1
    assert Observer(out).look(0.0).done == 1
    assert check(out) == []


def test_a_run_without_any_result_has_the_partition_columns_all_the_same(tmp_path):
    out = new_run(tmp_path / "out")
    put(rejects_table("bad_smiles", "bad_smiles"), out, "rejects", "1")
    finished(out, "family")
    assert read_results(out).collect().height == 0
    assert read_rejects(out).collect().height == dataset_of(out, "rejects").count_rows() == 2
    assert check(out) == []


def test_data_are_on_the_disk_before_the_report_can_be(tmp_path, monkeypatch):
    synced = []
    out = new_run(tmp_path / "out")
    put(results_table(result("a", f="x"), result("b", f="y")), out, "results", "1")
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_ino))
    compacted(out, "f")
    written = [out, out / "results", *(out / "results").rglob("*")]
    assert sorted(synced) == sorted(path.stat().st_ino for path in written)
    assert len(synced) == 6


def test_categories_are_text(tmp_path):
    out = new_run(tmp_path / "out")
    table = results_table(result("a", f="x"), result("b", f="y"))
    coded = table["f"].dictionary_encode()
    put(table.set_column(table.num_columns - 1, "f", coded), out, "results", "1")
    put(results_table(result("c", f="x")), out, "results", "2")
    finished(out, "f")
    assert by_id(out, "f") == {"a": "x", "b": "y", "c": "x"}
    assert dataset_of(out, "results").schema.field("f").type == pa.string()
