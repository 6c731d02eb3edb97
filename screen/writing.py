"""Write finished rows: good ones to the results, rejected ones to the rejects.

A chunk always gives the same file names, so a task that Ray runs a second time replaces its own
files and no row is ever written twice. Its receipt is written last: where there is one, the chunk
is complete.
"""

import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import feather

from schemas import columns as c
from schemas.tables import REJECT_FIELDS, RESULT_FIELDS, TYPES, tags_of

RESULTS = "results"
REJECTS = "rejects"
STAGED = "staged"
"""Chunks that wait until it is known which of all rows are the least certain."""
UNFINISHED = ".tmp"
DONE = "done"
"""Receipts."""


def write(table: pa.Table, out: Path) -> pa.Table:
    """Write the rows of one chunk.

    Args:
        table: rows that went through all stages.
        out: the run's folder.

    Returns:
        A table for `count_written`.
    """
    name = _chunk(table)
    rejected = pc.is_valid(table[c.REJECT_CODE])
    for folder, rows in (
        (RESULTS, results(table.filter(pc.invert(rejected)))),
        (REJECTS, rejects(table.filter(rejected))),
    ):
        if rows.num_rows:
            _put(out, f"{folder}/part-{name}.parquet", partial(_write_parquet, rows))
    put_text("", out, f"{DONE}/{name}")
    return pa.table({"rows": [table.num_rows]})


def set_aside(table: pa.Table, out: Path) -> pa.Table:
    """Keep the rows of a chunk, with all that is known of them, for `take_up`."""
    write_rows = partial(feather.write_feather, table, compression="zstd")
    _put(out, _staged(_chunk(table)), write_rows)
    return pa.table({"rows": [table.num_rows]})


def is_staged(chunk: str, out: Path) -> bool:
    """Whether a chunk was set aside."""
    return (out / _staged(chunk)).exists()


def take_up(chunk: str, out: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows, or some columns of them, of a chunk that was set aside."""
    return feather.read_table(out / _staged(chunk), columns=columns, memory_map=False)


def count_written(receipt: pa.Table) -> int:
    """How many rows `write` has written."""
    return receipt["rows"][0].as_py()


def results(table: pa.Table) -> pa.Table:
    """Good rows as the user gets them: the result columns, `smiles` if there was one, the tags."""
    table = table.append_column(c.WALL_S, _wall_seconds(table))
    given = [c.SMILES] if c.SMILES in table.column_names else []
    fields = list(RESULT_FIELDS) + [pa.field(name, TYPES[name]) for name in given]
    fields += [table.field(name) for name in tags_of(table.schema)]
    return _as(table, pa.schema(fields, RESULT_FIELDS.metadata))


def rejects(table: pa.Table) -> pa.Table:
    """Rejected rows as the user gets them: where they came from and what is wrong with them."""
    named = {c.REJECT_CODE: c.CODE, c.REJECT_MESSAGE: c.MESSAGE}
    return _as(table.rename_columns([named.get(n, n) for n in table.column_names]), REJECT_FIELDS)


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of a schema; those that no stage has filled are null."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _wall_seconds(table: pa.Table) -> pa.ChunkedArray:
    """The seconds that all stages together have spent on each row."""
    total = pa.chunked_array([pa.array([0.0] * table.num_rows)])
    for name in c.STAGE_SECONDS:
        if name in table.column_names:
            total = pc.add(total, pc.fill_null(table[name], 0.0))
    return total


def _chunk(table: pa.Table) -> str:
    (name,) = pc.unique(table[c.SOURCE_CHUNK]).to_pylist()
    return name


def _staged(chunk: str) -> str:
    return f"{STAGED}/{chunk}.arrow"


def put_text(text: str, out: Path, name: str) -> None:
    """Write a small file of a run, whole or not at all."""
    _put(out, name, lambda path: path.write_text(text))


def _write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")


def _put(out: Path, name: str, write_to: Callable[[Path], object]) -> None:
    """Move a complete file into place, so that no reader ever sees half of one."""
    unfinished = out / f"{uuid.uuid4().hex}{UNFINISHED}"
    write_to(unfinished)
    unfinished.replace(out / name)
