"""Columns that make no folders are refused before anything is computed."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table

from tscreen.screen.dataset.partitions import check_partitions
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import plan
from tscreen.screen.storage.location import Location

XYZ = "".join(
    f"1\nreaction_id=a side={side} site=left charge=1\nH 0 0 0\n"
    for side in ("reactant", "product")
)


def checked(folder: Path, *names: str) -> None:
    planned = plan([Location.at(folder)], block_rows=9, filter=None, limit=None)
    check_partitions(list(names), planned.sources)


@pytest.fixture
def inputs(tmp_path) -> Path:
    """A file of each kind, each with tags of its own, and a broken one."""
    tags = {"family": "x", "rank": 7, "good": True, "weight": 0.5, "barrier_kcal_mol": "high"}
    table = reaction_table(reaction_row("a", **tags)).append_column("list", pa.array([[1]]))
    table = table.append_column("a/b", pa.array(["x"])).append_column("_c", pa.array(["x"]))
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("reaction_id,smiles,vendor\nb,C>>C,007\n")
    (tmp_path / "c.xyz").write_text(XYZ)
    (tmp_path / "d.parquet").write_bytes(b"no Parquet")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["family", "rank", "good", "vendor", "site", "smiles", "status", "input_barrier_kcal_mol"],
)
def test_tags_of_every_kind_of_file_and_results_make_folders(inputs, name):
    checked(inputs, name)


@pytest.mark.parametrize(
    "name",
    ["nowhere", "weight", "list", "a/b", "_c", "reaction_id", "ts_positions", "p_good", "reactant"],
)
def test_other_columns_do_not_and_the_choice_is_told(inputs, name):
    with pytest.raises(UsageError, match=rf"--partition-by {name}: .*choose from .*family"):
        checked(inputs, name)


def test_a_column_is_named_once(inputs):
    with pytest.raises(UsageError, match="rank is given twice"):
        checked(inputs, "rank", "family", "rank")


def test_text_in_one_file_and_numbers_in_another_make_folders_of_text(inputs):
    table = reaction_table(reaction_row("z", family=1.5))
    pq.write_table(table, inputs / "z.parquet")
    checked(inputs, "family")


@pytest.mark.parametrize("value", ["x" * 300, "ü" * 50, "a\0b", "__HIVE_DEFAULT_PARTITION__"])
def test_a_value_that_no_folder_can_be_called_by_is_refused(tmp_path, value):
    rows = [reaction_row("a", family="x"), reaction_row("b", family=value)]
    pq.write_table(reaction_table(*rows), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="makes no name of a folder"):
        checked(tmp_path, "family")
