from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from readings import plan_all, read_all, verdicts

from tscreen.schemas.tables import REACTION_FIELDS
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import read_chunk


def hydrogens(name: str, n: int) -> dict:
    """A chain of n (even) hydrogen atoms, to have reactions of different sizes."""
    chain = [[float(i), 0.0, 0.0] for i in range(n)]
    return reaction_row(
        name,
        atomic_numbers=[1] * n,
        reactant_positions=chain,
        product_positions=chain,
        reactant_fragments=[0] * n,
        product_fragments=[0] * n,
    )


def write(path: Path, *rows: dict, **options) -> Path:
    pq.write_table(reaction_table(*rows), path, **options)
    return path


def test_a_parquet_file_is_read_with_its_tags(tmp_path):
    rows = [reaction_row(name, family=f"f-{name}") for name in "abc"]
    got = read_all(write(tmp_path / "in.parquet", *rows))
    assert verdicts(got) == [("a", None), ("b", None), ("c", None)]
    assert [row["family"] for row in got] == ["f-a", "f-b", "f-c"]
    assert [row["source_row"] for row in got] == [0, 1, 2]
    assert {row["source"] for row in got} == {str(tmp_path / "in.parquet")}


def test_a_table_that_polars_wrote_is_read(tmp_path):
    table = pl.from_arrow(reaction_table(reaction_row("a"), reaction_row("b")))
    table.write_parquet(tmp_path / "in.parquet")
    assert verdicts(read_all(tmp_path / "in.parquet")) == [("a", None), ("b", None)]


def test_references_of_the_input_do_not_pass_for_results(tmp_path):
    row = reaction_row("a", ts_positions=[1.0], barrier_kcal_mol=3.0, source="paper")
    (chunk,) = plan_all(write(tmp_path / "in.parquet", row)).chunks
    (got,) = read_chunk(chunk).to_pylist()
    assert (got["input_ts_positions"], got["input_barrier_kcal_mol"]) == ([1.0], 3.0)
    assert (got["input_source"], got["source"]) == ("paper", str(tmp_path / "in.parquet"))
    assert not {"ts_positions", "barrier_kcal_mol"} & got.keys()


def test_a_name_that_is_taken_is_not_given_twice(tmp_path):
    row = reaction_row("a", barrier_kcal_mol=3.0, input_barrier_kcal_mol=4.0)
    (chunk,) = plan_all(write(tmp_path / "in.parquet", row)).chunks
    (got,) = read_chunk(chunk).to_pylist()
    assert got["input_barrier_kcal_mol"] == 4.0
    assert "barrier_kcal_mol" not in got


def test_references_in_text_files_are_kept_too(tmp_path):
    (tmp_path / "in.csv").write_text("reaction_id,smiles,barrier_kcal_mol\na,C>>C,3.5\n")
    (chunk,) = plan_all(tmp_path / "in.csv").chunks
    assert read_chunk(chunk)["input_barrier_kcal_mol"].to_pylist() == [3.5]


def test_chunks_hold_rows_of_similar_size_and_of_one_row_group(tmp_path):
    sizes = [8, 2, 6, 4, 2, 10]
    rows = [hydrogens(f"{i}-{n}", n) for i, n in enumerate(sizes)]
    path = write(tmp_path / "in.parquet", *rows, row_group_size=4)
    planned = plan_all(path, block_rows=2)
    assert [chunk.rows for chunk in planned.chunks] == [[1, 3], [2, 0], [4, 5]]
    assert planned.n_rows == 6
    assert [row["reaction_id"] for row in read_all(path)] == [
        "1-2", "3-4", "2-6", "0-8", "4-2", "5-10",
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "rows"), [(3, 3), (40, 4), (640, 10), (1300, 15)])
def test_a_small_input_is_cut_into_many_chunks(tmp_path, n, rows):
    lines = [f"r{i},C>>C" for i in range(n)]
    (tmp_path / "in.csv").write_text("\n".join(["reaction_id,smiles", *lines]))
    sizes = [len(chunk.rows) for chunk in plan_all(tmp_path / "in.csv", block_rows=15).chunks]
    assert sizes == [rows] * (n // rows) + ([n % rows] if n % rows else [])


def test_the_plan_is_the_same_every_time(tmp_path):
    rows = [hydrogens(f"r{i}", 2 + 2 * (i * 7 % 5)) for i in range(30)]
    path = write(tmp_path / "in.parquet", *rows, row_group_size=13)
    first = [chunk.rows for chunk in plan_all(path, block_rows=4).chunks]
    assert first == [chunk.rows for chunk in plan_all(path, block_rows=4).chunks]
    assert sorted(row for block in first for row in block) == list(range(30))


def test_a_missing_path_and_an_unknown_kind_of_file_are_told_to_the_user(tmp_path):
    with pytest.raises(UsageError, match="there is no"):
        plan_all(tmp_path / "nowhere.parquet")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match="convert it"):
        plan_all(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="holds no"):
        plan_all(tmp_path)


@pytest.mark.parametrize("content", [b"", b"this is not Parquet", b"PAR1PAR1"])
def test_a_file_that_is_not_parquet_is_one_rejected_row(tmp_path, content):
    (tmp_path / "in.parquet").write_bytes(content)
    (row,) = read_all(tmp_path / "in.parquet")
    assert (row["reaction_id"], row["reject_code"]) == (None, "unreadable_file")
    assert "in.parquet" in row["reject_message"]


def test_a_truncated_parquet_file_is_one_rejected_row(tmp_path):
    path = write(tmp_path / "in.parquet", reaction_row("a"), reaction_row("b"))
    path.write_bytes(path.read_bytes()[:-100])
    assert [row["reject_code"] for row in read_all(path)] == ["unreadable_file"]


def test_damaged_coordinates_reject_their_rows_without_an_error(tmp_path):
    rows = [reaction_row("a"), reaction_row("b")]
    path = write(tmp_path / "in.parquet", *rows, compression="zstd", use_dictionary=False)
    column = pq.read_metadata(path).row_group(0).column(2)
    assert column.path_in_schema.startswith("reactant_positions")
    data = bytearray(path.read_bytes())
    start, size = column.data_page_offset, column.total_compressed_size
    data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    assert [row["reject_code"] for row in read_all(path)] == ["unreadable_file"] * 2


def test_an_empty_table_is_one_rejected_row(tmp_path):
    pq.write_table(REACTION_FIELDS.empty_table(), tmp_path / "in.parquet")
    assert [row["reject_code"] for row in read_all(tmp_path / "in.parquet")] == ["empty_table"]


@pytest.mark.parametrize("name", ["reaction_id", "atomic_numbers", "charge"])
def test_a_parquet_file_without_a_column_rejects_every_row(tmp_path, name):
    table = reaction_table(reaction_row("a"), reaction_row("b"), reaction_row("c"))
    pq.write_table(table.drop_columns([name]), tmp_path / "in.parquet")
    rows = read_all(tmp_path / "in.parquet")
    assert [row["reject_code"] for row in rows] == ["missing_column"] * 3
    assert sorted(row["source_row"] for row in rows) == [0, 1, 2]


def test_wrong_types_reject_rows_and_do_not_stop_the_plan(tmp_path):
    table = pa.table({"reaction_id": [[1], [2]], "atomic_numbers": ["CH", "CO"], "charge": [0, 0]})
    pq.write_table(table, tmp_path / "in.parquet")
    assert {row["reject_code"] for row in read_all(tmp_path / "in.parquet")} == {"wrong_type"}


def test_broken_files_in_a_folder_do_not_stop_the_good_ones(tmp_path):
    write(tmp_path / "a.parquet", reaction_row("a"))
    (tmp_path / "b.parquet").write_bytes(b"garbage")
    (tmp_path / "c.csv").write_bytes(b"reaction_id,smiles\nx,1,2,3\n")
    (tmp_path / "d.xyz").write_text("not a number\n")
    (tmp_path / "e.csv").write_text("")
    write(tmp_path / "f.parquet", reaction_row("f"))
    (tmp_path / "README.md").write_text("ignored")
    counts = Counter(verdicts(read_all(tmp_path)))
    assert counts == {
        ("a", None): 1,
        ("f", None): 1,
        (None, "unreadable_file"): 3,
        (None, "empty_table"): 1,
    }


def test_the_first_of_equal_ids_is_kept_over_files_and_row_groups(tmp_path):
    first = [hydrogens("big", 8), hydrogens("x", 6), hydrogens("x", 2)]
    write(tmp_path / "a.parquet", *first, row_group_size=2)
    write(tmp_path / "b.parquet", reaction_row("big"), reaction_row("own"))
    rows = read_all(tmp_path)
    good = {
        row["reaction_id"]: len(row["atomic_numbers"]) for row in rows if not row["reject_code"]
    }
    assert good == {"big": 8, "x": 6, "own": 3}
    bad = [row for row in rows if row["reject_code"]]
    assert Counter(verdicts(bad)) == {("big", "duplicate_id"): 1, ("x", "duplicate_id"): 1}
    assert all(f"'{row['reaction_id']}'" in row["reject_message"] for row in bad)


def test_rows_without_an_id_are_not_each_others_duplicates(tmp_path):
    rows = [reaction_row("a", reaction_id=None), reaction_row("b", reaction_id=None)]
    got = read_all(write(tmp_path / "in.parquet", *rows))
    assert [row["reject_code"] for row in got] == ["missing_value"] * 2


def test_a_filter_chooses_rows(tmp_path):
    rows = [
        reaction_row(n, split=s) for n, s in zip("abcd", ["val", "train", None, "val"], strict=True)
    ]
    path = write(tmp_path / "in.parquet", *rows)
    for text in ("split = 'val'", "split == 'val'"):
        assert [row["reaction_id"] for row in read_all(path, filter=text)] == ["a", "d"]
    assert [
        r["reaction_id"] for r in read_all(path, filter="split = 'val' AND reaction_id > 'b'")
    ] == ["d"]
    assert read_all(path, filter="charge > 3") == []
    assert len(read_all(path, filter="1 = 1")) == 4


def test_only_chosen_rows_count_as_earlier_occurrences(tmp_path):
    rows = [reaction_row("a", split="train"), reaction_row("a", split="val")]
    path = write(tmp_path / "in.parquet", *rows)
    assert verdicts(read_all(path, filter="split = 'val'")) == [("a", None)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("spilt = 'val'", "choose from .*split"),
        ('split = "val"', "single quotes"),
        ("atomic_numbers = 3", "choose from"),
        ("split ==", "not an SQL condition"),
        ("split > 3", "split is String"),
        ("charge", "charge is Int32"),
        ("__import__('os').system('ls')", "not an SQL condition"),
    ],
)
def test_a_bad_filter_is_told_to_the_user(tmp_path, text, hint):
    path = write(tmp_path / "in.parquet", reaction_row("a", split="val"))
    with pytest.raises(UsageError, match=hint):
        plan_all(path, filter=text)


def test_a_limit_takes_the_first_rows_that_pass_the_filter(tmp_path):
    rows = [hydrogens(name, n) for name, n in zip("abcd", [8, 2, 6, 2], strict=True)]
    path = write(tmp_path / "in.parquet", *rows)
    assert sorted(row["reaction_id"] for row in read_all(path, limit=2)) == ["a", "b"]
    chosen = read_all(path, limit=2, filter="reaction_id > 'a'")
    assert sorted(row["reaction_id"] for row in chosen) == ["b", "c"]
    assert len(read_all(path, limit=99)) == 4


def test_csv_rows_carry_smiles_and_tags_but_no_structure_yet(tmp_path):
    text = "reaction_id,smiles,family,yield\n007,[CH4:1]>>[CH4:1],none,1\nb,[H][H]>>[H][H],,2.5\n"
    (tmp_path / "in.csv").write_text(text)
    (chunk,) = plan_all(tmp_path / "in.csv").chunks
    first, second = read_chunk(chunk).to_pylist()
    assert (first["reaction_id"], first["smiles"]) == ("007", "[CH4:1]>>[CH4:1]")
    assert (first["family"], first["yield"], second["family"]) == ("none", 1.0, None)
    assert first["reactant_positions"] is None
    assert first["charge"] is None
    assert first["reject_code"] is None


def test_csv_rows_without_smiles_are_rejected_with_a_remedy(tmp_path):
    (tmp_path / "in.csv").write_text("reaction_id,smiles\na,\nb,C>>C\n")
    rows = read_all(tmp_path / "in.csv")
    assert verdicts(rows)[0] == ("a", "missing_value")
    assert "'smiles'" in rows[0]["reject_message"]
    (tmp_path / "in.csv").write_text("reaction_id,formula\na,CH4\n")
    (row,) = read_all(tmp_path / "in.csv")
    assert (row["reaction_id"], row["reject_code"]) == ("a", "missing_column")
    assert "'smiles'" in row["reject_message"]


def test_one_bad_charge_in_a_csv_rejects_its_row_only(tmp_path):
    (tmp_path / "in.csv").write_text("reaction_id,smiles,charge\na,C>>C,0\nb,C>>C,plus\nc,C>>C,\n")
    (chunk,) = plan_all(tmp_path / "in.csv", block_rows=3).chunks
    table = read_chunk(chunk)
    assert table["charge"].to_pylist() == [0, None, None]
    assert table["reject_code"].to_pylist() == [None, "wrong_type", None]


def test_csv_rows_can_be_filtered_limited_and_be_duplicates(tmp_path):
    lines = [f"{name},C>>C,{i}" for i, name in enumerate("abac")]
    (tmp_path / "in.csv").write_text("\n".join(["reaction_id,smiles,rank", *lines]))
    planned = plan_all(tmp_path / "in.csv", filter="rank < 3", limit=3)
    assert [(chunk.rows, chunk.duplicates) for chunk in planned.chunks] == [
        ([0, 1], []),
        ([2], [2]),
    ]
    with pytest.raises(UsageError, match="rank"):
        plan_all(tmp_path / "in.csv", filter="rnk < 3")


def test_real_validation_reactions_are_planned_and_read(gdb7, tmp_path):
    pq.write_table(gdb7, tmp_path / "in.parquet")
    planned = plan_all(tmp_path / "in.parquet", block_rows=64, filter="split == 'val'")
    tables = [read_chunk(chunk) for chunk in planned.chunks]
    assert planned.n_rows == sum(table.num_rows for table in tables) == 400
    assert set(pa.concat_tables(tables)["split"].to_pylist()) == {"val"}
