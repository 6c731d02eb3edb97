"""Files that only look like tables of reactions: each is told in a sentence, or read."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from readings import plan_all, read_all, verdicts

from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import passed_over

CSV = "reaction_id,smiles,tag\nété,[CH3:1][H:2]>>[CH3:1].[H:2],1\n"


def only_reject(path) -> str:
    [row] = read_all(path)
    assert row["reject_code"] == "unreadable_file"
    return row["reject_message"]


@pytest.mark.parametrize("n_atoms", ["99999999999999", "9" * 400])
def test_a_number_of_atoms_beyond_all_bounds_ends_with_the_file(tmp_path, n_atoms):
    (tmp_path / "in.xyz").write_text(f"{n_atoms}\n\nH 0 0 0\n")
    assert "ends before its 99999999" in only_reject(tmp_path / "in.xyz")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_file_is_read_by_its_byte_order_mark(tmp_path, encoding):
    (tmp_path / "in.csv").write_bytes(CSV.encode(encoding))
    [row] = [
        row for chunk in plan_all(tmp_path / "in.csv").chunks for row in chunk.load().to_pylist()
    ]
    assert (row["reaction_id"], row["tag"], row["reject_code"]) == ("été", 1, None)


def test_a_csv_file_of_another_encoding_is_one_rejected_row(tmp_path):
    (tmp_path / "in.csv").write_bytes(CSV.encode("utf-16-le"))  # without the mark
    assert "save it as CSV in UTF-8" in only_reject(tmp_path / "in.csv")


@pytest.mark.parametrize("name", ["charge", "family", "p_good"])
def test_two_columns_of_one_name_are_told(tmp_path, name):
    table = reaction_table(reaction_row("a"))
    while table.column_names.count(name) < 2:
        table = pa.Table.from_arrays([*table.columns, pa.array([1])], [*table.column_names, name])
    pq.write_table(table, tmp_path / "in.parquet")
    assert f"2 columns are called '{name}'; rename" in only_reject(tmp_path / "in.parquet")


def test_two_columns_of_one_name_in_a_csv_file_are_told_and_columns_without_one_are_not(tmp_path):
    (tmp_path / "in.csv").write_text("reaction_id,smiles,smiles\na,C>>C,O>>O\n")
    assert "2 columns are called 'smiles'" in only_reject(tmp_path / "in.csv")
    (tmp_path / "in.csv").write_text("reaction_id,smiles,,\na,C>>C,,\n")
    assert verdicts(read_all(tmp_path / "in.csv"))[0][0] == "a"


def test_a_pipe_is_no_input(tmp_path):
    os.mkfifo(tmp_path / "in.xyz")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        plan_all(tmp_path / "in.xyz")


@pytest.mark.parametrize("kind", ["parquet", "csv", "xyz"])
def test_an_empty_filter_is_a_mistake_not_the_lack_of_one(tmp_path, kind):
    if kind == "parquet":
        pq.write_table(reaction_table(reaction_row("a")), tmp_path / "in.parquet")
    else:
        text = {"csv": CSV, "xyz": "1\n\nH 0 0 0\n1\n\nH 0 0 1\n"}[kind]
        (tmp_path / f"in.{kind}").write_text(text)
    with pytest.raises(UsageError, match="filter ''"):
        plan_all(tmp_path / f"in.{kind}", filter="")


def test_what_is_passed_over_in_a_folder_is_named(tmp_path):
    pq.write_table(reaction_table(reaction_row("a")), tmp_path / "in.parquet")
    assert plan_all(tmp_path).passed_over == plan_all(tmp_path / "in.parquet").passed_over == []
    (tmp_path / "sub").mkdir()
    (tmp_path / "broken.parquet").symlink_to(tmp_path / "nowhere")
    for name in ("a.pq", "b.txt.gz", ".hidden"):
        (tmp_path / name).touch()
    planned = plan_all(tmp_path)
    assert planned.passed_over == ["a.pq", "b.txt.gz", "broken.parquet", "sub"]
    assert passed_over(planned).startswith("passed over: a.pq, b.txt.gz, broken.parquet, sub; ")
