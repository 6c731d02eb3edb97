"""Write finished rows chunk by chunk: good ones to the results, rejected ones to the rejects.

A chunk always gives the same file names, so a task that Ray runs a second time replaces its own
files and no row is ever written twice. Its receipt is written last: where there is one, the chunk
is complete.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import feather

from tscreen.schemas import columns as c
from tscreen.schemas.caution import cautions
from tscreen.schemas.tables import (
    CANDIDATE_FIELDS,
    REACTION_FIELDS,
    REJECT_FIELDS,
    RESULT_FIELDS,
    tags_of,
)
from tscreen.screen.dataset.changes import with_changes
from tscreen.screen.storage.location import Location

RESULTS = "results"
REJECTS = "rejects"
CANDIDATES = "candidates"
"""Every saddle point that was found, one a row."""
CHUNKS = "chunks"
"""Results, rejects and candidates of a run that goes on, until they are compacted."""
PART = "part-"
PARQUET = ".parquet"
STAGED = "staged"
"""Chunks that wait until it is known which of all rows are the least certain."""
STAGED_SUFFIX = ".arrow"
REFINED = "refined"
"""Rows that wait for the others of their chunk to be refined too, in a folder for each chunk."""
ROWS = "rows"
DONE = "done"
"""Receipts."""
ROW_GROUP = 1024
"""Rows at most that a reader of a file, such as a run over a sweep, must take together."""


def write(table: pa.Table, out: Location) -> pa.Table:
    """Write the rows of one chunk.

    Args:
        table: rows that went through all stages.
        out: the run's folder.

    Returns:
        A table for `count_written`.
    """
    name = chunk_of(table)
    rejected = pc.is_valid(table[c.REJECT_CODE])
    for folder, rows in (
        (RESULTS, results(table.filter(pc.invert(rejected)))),
        (REJECTS, rejects(table.filter(rejected))),
        (CANDIDATES, candidates(table)),
    ):
        if rows.num_rows:
            out.put(f"{CHUNKS}/{folder}/{PART}{name}{PARQUET}", as_parquet(rows))
    out.put(f"{DONE}/{name}", b"")
    return receipt(table)


def set_aside(table: pa.Table, out: Location) -> pa.Table:
    """Keep the rows of a chunk, with all that is known of them, for `take_up`."""
    out.put(f"{STAGED}/{chunk_of(table)}{STAGED_SUFFIX}", as_feather(table))
    return receipt(table)


def staged(out: Location) -> set[str]:
    """The chunks that were set aside."""
    return {file.base.removesuffix(STAGED_SUFFIX) for file in (out / STAGED).files()}


def take_up(chunk: str, out: Location, columns: list[str] | None = None) -> pa.Table:
    """The rows, or some columns of them, of a chunk that was set aside."""
    with (out / f"{STAGED}/{chunk}{STAGED_SUFFIX}").open() as file:
        return feather.read_table(file, columns=columns, memory_map=False)


def receipt(table: pa.Table) -> pa.Table:
    """What goes on in place of rows that are written; see `count_written`."""
    return pa.table({ROWS: [table.num_rows]})


def count_written(table: pa.Table) -> int:
    """How many rows a `receipt` is for."""
    return table[ROWS][0].as_py()


def results(table: pa.Table) -> pa.Table:
    """Good rows as the user gets them: the result columns, `smiles` if there was one, the tags."""
    table = table.append_column(c.WALL_S, _wall_seconds(table))
    table = with_changes(table)
    table = table.append_column(c.WARNINGS, cautions(table))
    given = [c.SMILES] if c.SMILES in table.column_names else []
    fields = list(RESULT_FIELDS) + [REACTION_FIELDS.field(name) for name in given]
    fields += [table.field(name) for name in tags_of(table.schema)]
    return _as(table, pa.schema(fields, RESULT_FIELDS.metadata))


def rejects(table: pa.Table) -> pa.Table:
    """Rejected rows as the user gets them: where they came from and what is wrong with them."""
    named = {c.REJECT_CODE: c.CODE, c.REJECT_MESSAGE: c.MESSAGE}
    return _as(table.rename_columns([named.get(n, n) for n in table.column_names]), REJECT_FIELDS)


def candidates(table: pa.Table) -> pa.Table:
    """Every saddle point that was found for the rows, where any were sought."""
    if c.SADDLE_POINTS not in table.column_names:
        return CANDIDATE_FIELDS.empty_table()
    cells = zip(table[c.REACTION_ID].to_pylist(), table[c.SADDLE_POINTS].to_pylist(), strict=True)
    found = [
        {c.REACTION_ID: name, c.CANDIDATE_RANK: rank, **saddle}
        for name, saddles in cells
        for rank, saddle in enumerate(saddles or (), 1)
    ]
    return pa.Table.from_pylist(found, CANDIDATE_FIELDS)


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


def chunk_of(table: pa.Table) -> str:
    """The name of the chunk that all rows of a table belong to."""
    (name,) = pc.unique(table[c.SOURCE_CHUNK]).to_pylist()
    return name


def as_feather(table: pa.Table) -> pa.Buffer:
    """A table as it is, for a later stage to read."""
    sink = pa.BufferOutputStream()
    feather.write_feather(table, sink, compression="zstd")
    return sink.getvalue()


def as_parquet(table: pa.Table) -> pa.Buffer:
    """The bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()
