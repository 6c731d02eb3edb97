"""`tscreen query`: answers, and nothing else that SQL might do."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console
from runs import finished_run, new_run, put, rejects_table, result, results_table

from tscreen.screen.analysis.query import asked
from tscreen.screen.cli.main import main
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.views.answers import as_text, write_csv, write_json


@pytest.fixture
def out(tmp_path):
    """Two files of results and one of rejects."""
    out = new_run(tmp_path / "it's a run")
    put(results_table(result("a", family="x", barrier_kcal_mol=float("nan"))), out, "results", "1")
    rows = [result("b", family="y"), result("c", family="x", barrier_kcal_mol=20.0, verified=True)]
    put(results_table(*rows), out, "results", "2")
    put(rejects_table("bad_smiles", "duplicate_id"), out, "rejects", "1")
    return out


def answer(out: Path, sql: str) -> list[tuple]:
    with asked(out, sql) as found:
        return list(found.rows)


def test_both_tables_are_there_with_tags_and_structures(out):
    assert answer(out, "SELECT family, count(*) FROM results GROUP BY ALL ORDER BY ALL") == [
        ("x", 2),
        ("y", 1),
    ]
    assert answer(out, "SELECT code FROM rejects ORDER BY 1") == [
        ("bad_smiles",),
        ("duplicate_id",),
    ]
    ((positions,),) = answer(out, "SELECT ts_positions FROM results WHERE reaction_id = 'a'")
    assert [list(atom) for atom in positions] == [
        pytest.approx(atom, abs=1e-6) for atom in result("a")["ts_positions"]
    ]


def test_a_run_without_rows_has_empty_tables_with_all_columns(tmp_path):
    out = new_run(tmp_path / "out")
    assert answer(out, "SELECT count(*), max(barrier_kcal_mol) FROM results") == [(0, None)]
    assert answer(out, "SELECT count(*), max(code) FROM rejects") == [(0, None)]


def test_folders_by_a_tag_are_one_table_and_say_the_tag(tmp_path):
    out = finished_run(tmp_path / "out", template="string")
    put(results_table(result("a")), out, "results", "template=7/1")
    put(results_table(result("b")), out, "results", "template=y/1")
    assert answer(out, "SELECT reaction_id, template FROM results ORDER BY ALL") == [
        ("a", "7"),
        ("b", "y"),
    ]
    rows = read_results(out).sort("reaction_id").collect()
    assert rows["template"].to_list() == ["7", "y"]


def test_the_name_of_the_runs_own_folder_tells_nothing(tmp_path):
    out = new_run(tmp_path / "rate=3" / "out")
    put(results_table(result("a")), out, "results", "1")
    assert "rate" not in read_results(out).collect_schema().names()
    assert answer(out, "SELECT count(*) FROM (DESCRIBE results) WHERE column_name = 'rate'") == [
        (0,)
    ]


def test_files_with_different_tags_are_one_table(tmp_path):
    out = new_run(tmp_path / "out")
    put(results_table(result("a", rank=1, site=1)), out, "results", "1")
    put(results_table(result("b", rank=1.5, site="left")), out, "results", "2")
    put(results_table(result("c", yield_=0.5)), out, "results", "3")
    found = answer(out, "SELECT reaction_id, rank, site, yield_ FROM results ORDER BY 1")
    assert found == [("a", 1.0, "1", None), ("b", 1.5, "left", None), ("c", None, None, 0.5)]


def test_row_groups_that_cannot_hold_the_answer_are_not_read(tmp_path):
    out = new_run(tmp_path / "out")
    table = results_table(*(result(f"r{i:03}") for i in range(64)))
    path = put(table, out, "results", "1", row_group_size=32)
    spoilt = bytearray(path.read_bytes())
    half = len(spoilt) // 2
    spoil_second_row_group(path, spoilt)
    assert len(spoilt) > half
    path.write_bytes(spoilt)
    assert answer(out, "SELECT reaction_id FROM results WHERE reaction_id < 'r002'") == [
        ("r000",),
        ("r001",),
    ]
    with pytest.raises(UsageError, match="does not work"):
        answer(out, "SELECT max(reaction_id || 'x') FROM results")


def spoil_second_row_group(path: Path, content: bytearray) -> None:
    """Overwrite the ids of the second row group."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    column = metadata.row_group(1).column(metadata.schema.names.index("reaction_id"))
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size


FORBIDDEN = [
    "COPY results TO '{there}/x.csv'",
    "COPY (SELECT 1) TO '{out}/results/part-1.parquet'",
    "WITH x AS (COPY (SELECT 1) TO '{there}/x.csv') SELECT 1",
    "WITH x AS (COPY (SELECT 1) TO '{out}/results/x.parquet') SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{there}/x.csv'",
    "EXPORT DATABASE '{there}/x'",
    "ATTACH '{there}/x.db' AS x",
    "ATTACH ':memory:' AS x",
    "CREATE TABLE x AS SELECT 1",
    "DROP VIEW results",
    "INSERT INTO results SELECT * FROM results",
    "DELETE FROM results",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('{out}/plan.json')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '{out}/results/part-1.parquet'",
    "SELECT * FROM read_parquet('{out}/results/*.parquet')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM read_csv('https://example.org/x.csv')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "RESET lock_configuration",
    "PRAGMA enable_profiling = 'json'",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{there}/log')",
    "SELECT * FROM enable_profiling(save_location = '{there}/profile.json')",
    "CREATE SECRET (TYPE s3)",
    "SELECT * FROM here",
    "SELECT 1; COPY (SELECT 1) TO '{there}/x.csv'",
    "SELECT 1; SELECT 2",
    "",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_a_query_reads_the_two_tables_and_does_nothing_else(out, tmp_path, sql, monkeypatch):
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    here = results_table(result("a"))  # a variable that DuckDB could take for a table
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    escaped = str(out).replace("'", "''")
    with pytest.raises(UsageError) as told:
        answer(out, sql.format(out=escaped, there=there))
    assert "\n" not in str(told.value)
    assert not list(there.iterdir())
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert here.num_rows == 1


def test_the_same_sentences_would_work_in_an_open_database(out, tmp_path):
    """The list above tests something only while DuckDB could do these things."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"WITH x AS (COPY (SELECT 1) TO '{tmp_path}/x.csv') SELECT 1").fetchall()
        assert connection.execute("SELECT count(*) FROM read_text('/etc/passwd')").fetchall()
    assert (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT barier_kcal_mol FROM results", "barier_kcal_mol.*barrier_kcal_mol"),
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM result", "result does not exist.*results"),
        ("SELECT p_good, 1 AS p_good FROM results", "'p_good'.*AS"),
        ("SELECT status::int FROM results", "generated"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_exit_code_2(out, sql, said, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tscreen", "query", str(out), sql])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    with pytest.raises(UsageError, match=said):
        answer(out, sql)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(UsageError, match="tscreen run"):
        answer(tmp_path, "SELECT 1")


def test_a_file_that_is_broken_is_told(out):
    (out / "chunks" / "results" / "part-3.parquet").write_text("no Parquet")
    with pytest.raises(UsageError, match="tscreen check"):
        answer(out, "SELECT count(*) FROM results")


EVERYTHING = (
    "SELECT reaction_id, barrier_kcal_mol, verified, atomic_numbers, "
    "sum(p_good)::decimal(4, 2) AS s "
    "FROM results WHERE family = 'x' GROUP BY ALL ORDER BY 1"
)


def test_json_holds_lists_and_null_where_there_is_no_number(out):
    text = io.StringIO()
    with asked(out, EVERYTHING) as found:
        write_json(found, text)
    first, second = json.loads(text.getvalue())
    assert first["barrier_kcal_mol"] is None
    assert second == {
        "reaction_id": "c",
        "barrier_kcal_mol": 20.0,
        "verified": True,
        "atomic_numbers": [1, 6, 7],
        "s": 0.5,
    }
    text = io.StringIO()
    with asked(out, "FROM results WHERE false") as found:
        write_json(found, text)
    assert json.loads(text.getvalue()) == []


def test_csv_holds_lists_as_json(out):
    text = io.StringIO()
    with asked(out, EVERYTHING) as found:
        write_csv(found, text)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [row["reaction_id"] for row in rows] == ["a", "c"]
    assert json.loads(rows[1]["atomic_numbers"]) == [1, 6, 7]
    assert (rows[0]["verified"], rows[1]["verified"]) == ("", "true")


def shown(out: Path, sql: str) -> str:
    console = Console(width=100, file=io.StringIO())
    with asked(out, sql) as found:
        console.print(as_text(found))
    return console.file.getvalue()


def test_a_terminal_shows_narrow_answers_as_a_table_and_wide_ones_row_by_row(out):
    assert "20" in shown(out, "SELECT reaction_id, barrier_kcal_mol FROM results")
    wide = shown(out, "FROM results WHERE reaction_id = 'c'")
    assert any("barrier_kcal_mol" in line and "20" in line for line in wide.splitlines())
    assert "list of 3" in wide


def test_a_long_answer_is_cut_on_a_terminal_and_says_so(out):
    text = shown(out, "SELECT range AS n FROM range(150)")
    assert "99" in text
    assert "100 " in text
    assert "149" not in text
    assert "--csv" in text


def test_json_and_csv_exclude_each_other(out, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tscreen", "query", str(out), "SELECT 1", "--json", "--csv"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "not both" in capsys.readouterr().err
