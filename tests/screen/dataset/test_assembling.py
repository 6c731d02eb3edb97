"""Rows that were refined one by one become the files of their chunk."""

import pyarrow as pa
from conftest import reaction_row, reaction_table
from runs import new_run

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.dataset.assembling import write_when_whole
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.storage.location import Location

N_ROWS = 12
"""More than ten, so that the names of files are not in the order of the rows."""


def rows() -> list[pa.Table]:
    """The rows of a chunk as the last stage leaves them, one of them rejected."""
    table = reaction_table(*(reaction_row(f"r{i:02}") for i in range(N_ROWS)))
    cells = {
        c.SOURCE: ["in.parquet"] * N_ROWS,
        c.SOURCE_ROW: range(N_ROWS),
        c.SOURCE_CHUNK: ["abc"] * N_ROWS,
        c.CHUNK_PLACE: range(N_ROWS),
        c.CHUNK_ROWS: [N_ROWS] * N_ROWS,
        c.REJECT_CODE: ["not_finite" if row == 3 else None for row in range(N_ROWS)],
        c.REJECT_MESSAGE: [None] * N_ROWS,
        c.CANDIDATES: [None] * N_ROWS,
    }
    for name, values in cells.items():
        table = table.append_column(name, pa.array(values, TYPES[name]))
    return [table.slice(row, 1) for row in range(N_ROWS)]


def test_a_chunk_is_written_when_its_last_row_comes(tmp_path):
    out = new_run(tmp_path / "out", rows=N_ROWS)
    *first, last = rows()[::-1]
    for row in [*first, first[0]]:  # Ray may bring one again
        write_when_whole(row, Location.at(out))
    assert not list((out / "done").iterdir())
    assert not list((out / "chunks" / "results").iterdir())
    write_when_whole(last, Location.at(out))
    assert [path.name for path in (out / "done").iterdir()] == ["abc"]
    names = read_results(out).collect()[c.REACTION_ID].to_list()
    assert names == [f"r{i:02}" for i in range(N_ROWS) if i != 3]
    assert read_rejects(out).collect()[c.REACTION_ID].to_list() == ["r03"]


def test_a_row_that_comes_again_afterwards_changes_nothing(tmp_path):
    out = new_run(tmp_path / "out", rows=N_ROWS)
    for row in rows():
        write_when_whole(row, Location.at(out))
    before = read_results(out).collect()
    write_when_whole(rows()[5], Location.at(out))
    assert read_results(out).collect().equals(before)
