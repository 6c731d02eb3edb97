"""A folder is whole or the check says what is wrong with it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import HCN, reaction_row, reaction_table
from runs import finish

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS, TYPES
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.compaction import clear, compact
from tscreen.screen.dataset.digests import intact
from tscreen.screen.dataset.output import dataset_of
from tscreen.screen.dataset.writing import set_aside, write
from tscreen.screen.errors import UsageError
from tscreen.screen.runs.resume import finished_chunks
from tscreen.screen.storage.location import Location


def rows(chunk: str, *names: str, rejected: str = "") -> pa.Table:
    """Finished rows of one chunk."""
    n = len(names)
    codes = ["not_finite" if name in rejected else None for name in names]
    reactions = reaction_table(*map(reaction_row, names))
    return pa.table(
        {name: reactions[name] for name in c.REQUIRED}
        | {
            "ts_positions": positions_array([HCN] * n),
            "source": pa.array(["in.parquet"] * n),
            "source_row": pa.array(range(n), pa.int64()),
            "source_chunk": pa.array([chunk] * n),
            "reject_code": pa.array(codes, pa.string()),
            "reject_message": pa.array(codes, pa.string()),
        }
    )


FOUND = pa.array(
    [
        None,
        [
            dict.fromkeys((*c.FOUND, *c.WAY)) | {c.FOUND_BY: by, c.PATH_POSITIONS: [HCN.tolist()]}
            for by in ("path", "turn-0-1")
        ],
    ],
    TYPES[c.SADDLE_POINTS],
)
"""The saddle points of two rows."""
KEPT = pa.array([[dict.fromkeys(c.OF_A_SAMPLE)], [dict.fromkeys(c.OF_A_SAMPLE)]], TYPES[c.SAMPLES])
"""A sample of each."""


@pytest.fixture
def going(tmp_path) -> Path:
    """A run of two chunks whose end nobody has reported."""
    (tmp_path / "plan.json").write_text(json.dumps({"rows": 5, "settings": {}}))
    write(rows("one", "a", "b", "c", rejected="c"), Location.at(tmp_path))
    two = rows("two", "d", "e").append_column(c.SADDLE_POINTS, FOUND)
    write(two.append_column(c.SAMPLES, KEPT), Location.at(tmp_path))
    return tmp_path


@pytest.fixture
def out(going) -> Path:
    """A whole run: one file of the results a, b, d, e and one of a reject."""
    compact(Location.at(going), ["one", "two"], [], lambda rows: None)
    finish(going)
    clear(Location.at(going))
    return going


@pytest.fixture
def flipped() -> Callable[..., Iterator[int]]:
    """Flips one bit of a file after another, sixteen of them all over it."""

    def flip(path: Path, end: int | None = None) -> Iterator[int]:
        whole = path.read_bytes()
        for number in range(16):
            bit = number * 8 * (end or len(whole)) // 16 + number % 8
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            yield bit
        path.write_bytes(whole)

    return flip


def change(path: Path, name: str, values: pa.Array) -> None:
    table = pq.read_table(path)
    table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table.replace_schema_metadata(RESULT_FIELDS.metadata), path)


def test_a_whole_run_has_no_problems(out):
    assert check(out) == []


@pytest.mark.parametrize("table", ["candidates", "paths", "samples"])
def test_other_tables_are_looked_at_but_are_no_rows_of_the_input(out, table):
    file = out / table / "part-0.parquet"
    assert pq.read_table(file).num_rows == 2
    file.write_bytes(file.read_bytes()[:-9])
    cut, changed = check(out)
    assert cut.startswith(f"{table}/part-0.parquet cannot be read")
    assert changed.startswith(f"{table}/part-0.parquet is not as it was written")


def test_lost_rows_are_missed(out):
    (out / "results" / "part-0.parquet").unlink()
    gone, few = check(out)
    assert gone.startswith("results/part-0.parquet is gone")
    assert few == "5 rows were to be screened, but 1 are here"


def test_a_row_that_is_there_twice_is_named(out):
    names = pa.array(["a", "b", "d", "a"])
    change(out / "results" / "part-0.parquet", "reaction_id", names)
    assert "reaction 'a' is there 2 times" in check(out)


def test_a_row_that_has_got_another_name_is_missed(out):
    change(out / "results" / "part-0.parquet", "reaction_id", pa.array(["a", "b", "d", "mine"]))
    [problem] = check(out)
    assert problem.startswith("results/part-0.parquet is not as it was written; restore it")


@pytest.mark.parametrize("name", ["plan.json", "run.json", "SHA256SUMS"])
def test_what_a_run_says_of_itself_is_compared_too(out, name):
    text = (out / name).read_text()
    (out / name).write_text(f" {text}")
    assert check(out)


def test_any_bit_that_flips_is_found(out, flipped):
    for name in ("results/part-0.parquet", "rejects/part-0.parquet"):
        for _ in flipped(out / name):
            assert any(problem.startswith(f"{name} is not as it was") for problem in check(out))
    assert check(out) == []


def test_no_reader_takes_a_page_with_a_flipped_bit(out, flipped):
    file, whole = out / "results" / "part-0.parquet", dataset_of(out, "results").to_table()
    found = 0
    for _ in flipped(file, file.stat().st_size - pq.read_metadata(file).serialized_size - 8):
        try:
            assert (
                dataset_of(out, "results").to_table().equals(whole)
            )  # it was one that says nothing
        except (OSError, pa.ArrowException, UsageError):
            found += 1
    assert found > 10


def test_chunks_with_a_flipped_bit_or_a_lost_file_count_as_not_done(going, flipped):
    out = Location.at(going)
    assert finished_chunks(out) == {"one", "two"}
    for _ in flipped(going / "chunks" / "results" / "part-two.parquet"):
        assert finished_chunks(out) == {"one"}
        assert any("part-two.parquet is not as it was" in problem for problem in check(out))
    for _ in flipped(going / "done" / "two"):
        assert finished_chunks(out) == {"one"}
    (going / "chunks" / "rejects" / "part-one.parquet").unlink()
    assert finished_chunks(out) == {"two"}
    assert any("repeated, does its rows again" in problem for problem in check(out))


def test_chunks_that_wait_are_compared_too(tmp_path, flipped):
    out = Location.at(tmp_path)
    set_aside(rows("one", "a"), out)
    assert intact(out / "scored", out) == {"one"}
    for _ in flipped(tmp_path / "staged" / "one.parquet"):
        assert intact(out / "scored", out) == set()


def test_broken_and_foreign_files_are_named(out):
    file = out / "results" / "part-0.parquet"
    shutil.copy(file, out / "results" / "mine.parquet")
    assert "reaction 'b' is there 2 times" in check(out)
    file.write_bytes(file.read_bytes()[:-20])
    found = "\n".join(check(out))
    assert "results/part-0.parquet cannot be read" in found
    assert "results/mine.parquet: is no file of this run" in found


def test_damage_in_any_column_is_found(out):
    file = out / "results" / "part-0.parquet"
    metadata = pq.read_metadata(file)
    column = metadata.row_group(0).column(metadata.schema.names.index("p_good"))
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(file.read_bytes())
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)
    assert "results/part-0.parquet cannot be read" in "\n".join(check(out))


def test_another_schema_is_told(out):
    one = out / "rejects" / "part-0.parquet"
    table = pq.read_table(one).drop_columns(["message"])
    old = {**REJECT_FIELDS.metadata, b"tscreen.schema_version": b"1"}
    pq.write_table(table.replace_schema_metadata(old), one)
    found = check(out)
    assert any("schema version 1, this program writes" in problem for problem in found)
    assert any(problem.endswith("of another type: message") for problem in found)


@pytest.mark.parametrize(
    ("structure", "remark"),
    [(np.full((3, 3), np.nan), "not finite"), (np.eye(4, 3), "3 atoms and 4 positions")],
)
def test_impossible_structures_are_told(out, structure, remark):
    all_four = positions_array([HCN] * 3 + [structure])
    change(out / "results" / "part-0.parquet", "ts_positions", all_four)
    assert any("reaction 'e'" in problem and remark in problem for problem in check(out))


def test_an_unfinished_run_is_told(going):
    assert len(check(going)) == 1
    (going / "done" / "two").unlink()
    found = "\n".join(check(going))
    assert "chunks/results/part-two.parquet: belongs to a chunk that was not finished" in found
    assert "repeat its command to go on" in found


def test_a_folder_that_is_no_run_is_a_wrong_use(tmp_path):
    with pytest.raises(UsageError, match=r"plan\.json"):
        check(tmp_path)
