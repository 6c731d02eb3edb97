"""Write finished rows: good ones to the results, rejected ones to the rejects.

A chunk always gives the same file names, so a task that Ray runs a second time replaces its own
files and no row is ever written twice.
"""

import hashlib
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns as c
from schemas.tables import REJECT_FIELDS, RESULT_FIELDS, TYPES, tags_of

RESULTS = "results"
REJECTS = "rejects"


def write(table: pa.Table, out: Path) -> pa.Table:
    """Write the rows of one chunk.

    Args:
        table: rows that went through all stages.
        out: the run's folder.

    Returns:
        A table for `count_written`.
    """
    name = f"part-{_name(table)}.parquet"
    rejected = pc.is_valid(table[c.REJECT_CODE])
    _put(results(table.filter(pc.invert(rejected))), out, RESULTS, name)
    _put(rejects(table.filter(rejected)), out, REJECTS, name)
    return pa.table({"rows": [table.num_rows]})


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


def _name(table: pa.Table) -> str:
    """A name that only this set of rows of the input has."""
    digest = hashlib.sha256()
    for source, row in zip(
        table[c.SOURCE].to_pylist(), table[c.SOURCE_ROW].to_pylist(), strict=True
    ):
        digest.update(f"{source}\0{row}\0".encode())
    return digest.hexdigest()[:16]


def _put(table: pa.Table, out: Path, folder: str, name: str) -> None:
    """Move a complete file into place, so that no reader ever sees half of one."""
    if not table.num_rows:
        return
    partial = out / f"{name}.{uuid.uuid4().hex}.tmp"
    pq.write_table(table, partial, compression="zstd")
    partial.replace(out / folder / name)
