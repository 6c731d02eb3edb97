import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table

from tscreen.schemas import columns as c
from tscreen.schemas.tables import (
    CANDIDATE_FIELDS,
    PATH_FIELDS,
    REJECT_FIELDS,
    RESULT_FIELDS,
    SAMPLE_FIELDS,
    TYPES,
)
from tscreen.screen.dataset.output import (
    read_candidates,
    read_paths,
    read_rejects,
    read_results,
    read_samples,
)
from tscreen.screen.dataset.writing import count_written, write
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location


def finished(*names: str, rejected: tuple[str, ...] = (), **tags: list) -> pa.Table:
    """Rows as the last stage leaves them."""
    codes = ["empty" if name in rejected else None for name in names]
    cells = {name: reaction_table(*map(reaction_row, names))[name] for name in c.REQUIRED}
    cells |= {
        "p_good": pa.array([0.5] * len(names), pa.float32()),
        "source": pa.array(["in.parquet"] * len(names)),
        "source_row": pa.array([ord(name) for name in names], pa.int64()),
        "source_chunk": pa.array(["".join(names)] * len(names)),
        "reject_code": pa.array(codes, pa.string()),
        "reject_message": pa.array([code and "because" for code in codes], pa.string()),
        "build_s": pa.array([1.0] * len(names)),
        "xtb_wall_s": pa.array([0.5] + [None] * (len(names) - 1), pa.float64()),
    }
    return pa.table(cells | {name: pa.array(values) for name, values in tags.items()})


@pytest.fixture
def out(tmp_path):
    (tmp_path / "plan.json").write_text("{}")
    return tmp_path


def test_good_rows_go_to_results_and_bad_ones_to_rejects(out):
    receipt = write(
        finished("a", "b", "c", rejected=("b",), family=["x", "y", "z"]), Location.at(out)
    )
    assert count_written(receipt) == 3
    results = pq.read_table(out / "chunks" / "results")
    assert results.column_names == [*RESULT_FIELDS.names, "family"]
    assert results["reaction_id"].to_pylist() == ["a", "c"]
    assert results["family"].to_pylist() == ["x", "z"]
    rejects = pq.read_table(out / "chunks" / "rejects")
    assert rejects.to_pylist() == [
        {"source": "in.parquet", "source_row": ord("b"), "reaction_id": "b",
         "code": "empty", "message": "because"}
    ]  # fmt: skip


TWO = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def saddle_point(by: str) -> dict[str, object]:
    """One that was found, with some of its cells."""
    return dict.fromkeys((*c.FOUND, *c.WAY)) | {
        c.TS_POSITIONS: TWO,
        c.CANDIDATE_ENERGY: -1.0,
        c.FOUND_BY: by,
    }


def with_saddle_points(table: pa.Table, *found: list | None) -> pa.Table:
    return table.append_column(c.SADDLE_POINTS, pa.array(found, TYPES[c.SADDLE_POINTS]))


def test_every_saddle_point_that_was_found_is_a_row_of_the_candidates(out):
    rows = finished("a", "b", "d", "e")
    found = [saddle_point("turn-1-2"), saddle_point("candidate-1")], [], None
    rows = with_saddle_points(rows, *found, [saddle_point("path")])
    assert count_written(write(rows, Location.at(out))) == 4
    table = read_candidates(out).collect()
    assert table.columns == CANDIDATE_FIELDS.names
    told = table.select("reaction_id", "candidate_rank", "found_by").rows()
    assert told == [("a", 1, "turn-1-2"), ("a", 2, "candidate-1"), ("e", 1, "path")]
    assert table["candidate_energy_ev"].to_list() == [-1.0] * 3
    assert "saddle_points" not in read_results(out).collect_schema().names()


def test_each_path_is_a_row_with_the_rank_of_its_saddle_point(out):
    path = {c.PATH_POSITIONS: [TWO, TWO], c.PATH_ENERGIES: [-1.0, 0.0], c.PATH_TS: 1}
    found = [saddle_point("path"), saddle_point("turn-1-2") | path]
    write(with_saddle_points(finished("a", "b"), found, None), Location.at(out))
    table = read_paths(out).collect()
    assert table.columns == PATH_FIELDS.names
    [row] = table.to_dicts()
    assert (row["reaction_id"], row["candidate_rank"], row["path_ts"]) == ("a", 2, 1)
    assert row["path_positions"] == [TWO, TWO]


def test_samples_that_were_kept_are_rows_by_rank(out):
    kept = [{c.SAMPLE_RANK: None, c.SAMPLE_POSITIONS: TWO, c.SAMPLE_P_GOOD: p} for p in (0.75, 0.5)]
    column = pa.array([kept, None], TYPES[c.SAMPLES])
    write(finished("a", "b").append_column(c.SAMPLES, column), Location.at(out))
    table = read_samples(out).collect()
    assert table.columns == SAMPLE_FIELDS.names
    told = table.select("reaction_id", "sample_rank", "sample_p_good").rows()
    assert told == [("a", 1, 0.75), ("a", 2, 0.5)]
    assert c.SAMPLES not in read_results(out).collect_schema().names()


def test_where_nothing_was_sought_there_are_no_candidates(out):
    write(finished("a"), Location.at(out))
    for folder in ("candidates", "paths", "samples"):
        assert not (out / "chunks" / folder).exists()
    assert read_candidates(out).collect().is_empty()


def test_every_file_says_what_it_holds(out):
    rows = with_saddle_points(finished("a", "b", rejected=("b",)), [saddle_point("path")], None)
    write(rows, Location.at(out))
    kinds = ("results", RESULT_FIELDS), ("rejects", REJECT_FIELDS), ("candidates", CANDIDATE_FIELDS)
    for folder, schema in kinds:
        (file,) = (out / "chunks" / folder).iterdir()
        written = pq.read_schema(file)
        assert written.metadata.items() >= schema.metadata.items()
        assert [written.field(field.name).type for field in schema] == schema.types
        about = [written.field(field.name).metadata for field in schema]
        assert about == [field.metadata for field in schema]


def test_a_field_of_a_file_tells_its_unit_and_what_it_is(out):
    write(finished("a", smiles=["C>>C"], family=["x"]), Location.at(out))
    schema = pq.read_table(out / "chunks" / "results").schema
    about = schema.field("barrier_kcal_mol").metadata
    assert about[b"unit"] == b"kcal/mol"
    assert b"barrier" in about[b"description"]
    assert b"SMILES" in schema.field("smiles").metadata[b"description"]
    assert not schema.field("family").metadata


def test_smiles_come_before_the_tags(out):
    write(finished("a", family=["x"], smiles=["C>>C"]), Location.at(out))
    assert pq.read_table(out / "chunks" / "results").column_names[-2:] == ["smiles", "family"]


def test_seconds_of_all_stages_are_added_up(out):
    write(finished("a", "b"), Location.at(out))
    assert pq.read_table(out / "chunks" / "results")["wall_s"].to_pylist() == [1.5, 1.0]


def test_writing_a_chunk_again_replaces_it(out):
    for _ in range(2):
        write(finished("a", "b", rejected=("b",)), Location.at(out))
    write(finished("c"), Location.at(out))
    assert sorted(read_results(out).collect()["reaction_id"]) == ["a", "c"]
    assert read_rejects(out).collect().height == 1
    assert not list(out.glob("*.tmp"))


def test_files_with_different_tags_are_read_as_one_table(out):
    write(finished("a", family=["x"], rank=[1]), Location.at(out))
    write(finished("b", yield_=[0.5], rank=[1.5]), Location.at(out))
    rows = read_results(out).sort("reaction_id").collect()
    assert rows["family"].to_list() == ["x", None]
    assert rows["yield_"].to_list() == [None, 0.5]
    assert rows["rank"].to_list() == [1.0, 1.5]


def test_a_run_without_any_result_is_an_empty_table(out):
    assert read_results(out).collect().height == 0
    assert read_results(out).collect_schema().names() == RESULT_FIELDS.names


def test_a_folder_that_is_no_run_is_told_to_the_user(tmp_path):
    with pytest.raises(UsageError, match=r"holds no plan\.json"):
        read_results(tmp_path)


def test_positions_survive_the_way_through_a_file(out):
    table = finished("a")
    positions = pa.array(
        [[[0.0, 0.5, 1.0], [2.0, 0.0, 0.0]]], RESULT_FIELDS.field("ts_positions").type
    )
    write(table.append_column("ts_positions", positions), Location.at(out))
    assert read_results(out).select(pl.col("ts_positions")).collect().item().to_list() == [
        [0.0, 0.5, 1.0],
        [2.0, 0.0, 0.0],
    ]
