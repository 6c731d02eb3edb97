"""Write finished rows chunk by chunk: good ones to the results, rejected ones to the rejects.

A chunk always gives the same file names, so a task that Ray runs a second time replaces its own
files and no row is ever written twice. Its receipt is written last: where there is one, the chunk
is complete. It holds the digests of the chunk's files, so that one which changes or goes is missed.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.schemas.caution import with_warnings
from tscreen.schemas.tables import (
    CANDIDATE_FIELDS,
    PATH_FIELDS,
    REACTION_FIELDS,
    REJECT_FIELDS,
    RESULT_FIELDS,
    SAMPLE_FIELDS,
    tags_of,
)
from tscreen.screen.dataset.changes import with_changes
from tscreen.screen.dataset.digests import Digests, as_sums, digest
from tscreen.screen.dataset.mappings import with_lowest_mapping
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet, read_parquet

RESULTS = "results"
REJECTS = "rejects"
CANDIDATES = "candidates"
"""Every saddle point that was found, one a row."""
PATHS = "paths"
"""The path through every one that joins reactant and product, one a row."""
SAMPLES = "samples"
"""Every TS that was sampled, one a row, on request."""
TABLES = {
    RESULTS: RESULT_FIELDS,
    REJECTS: REJECT_FIELDS,
    CANDIDATES: CANDIDATE_FIELDS,
    PATHS: PATH_FIELDS,
    SAMPLES: SAMPLE_FIELDS,
}
"""What every file of them has at least."""
CHUNKS = "chunks"
"""The tables of a run that goes on, until they are compacted."""
PART = "part-"
PARQUET = ".parquet"
STAGED = "staged"
"""Chunks that wait until it is known which of all rows are the least certain."""
SCORED = "scored"
"""Receipts of these."""
REFINED = "refined"
"""Rows that wait for the others of their chunk to be refined too, in a folder for each chunk."""
ROWS = "rows"
DONE = "done"
"""Receipts."""


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
    digests: dict[str, str] = {}
    for folder, rows in (
        (RESULTS, results(table.filter(pc.invert(rejected)))),
        (REJECTS, rejects(table.filter(rejected))),
        (CANDIDATES, candidates(table)),
        (PATHS, paths(table)),
        (SAMPLES, samples(table)),
    ):
        if rows.num_rows:
            digests |= _put(rows, f"{CHUNKS}/{folder}/{PART}{name}{PARQUET}", out)
    out.put(f"{DONE}/{name}", as_sums(digests))
    return receipt(table)


def set_aside(table: pa.Table, out: Location) -> pa.Table:
    """Keep the rows of a chunk, with all that is known of them, for `take_up`."""
    name = chunk_of(table)
    out.put(f"{SCORED}/{name}", as_sums(_put(table, f"{STAGED}/{name}{PARQUET}", out)))
    return receipt(table)


def take_up(chunk: str, out: Location, columns: list[str] | None = None) -> pa.Table:
    """The rows, or some columns of them, of a chunk that was set aside.

    Raises:
        OSError, pa.ArrowException: they cannot be read.
    """
    return read_parquet(out / f"{STAGED}/{chunk}{PARQUET}", columns)


def receipt(table: pa.Table) -> pa.Table:
    """What goes on in place of rows that are written; see `count_written`."""
    return pa.table({ROWS: [table.num_rows]})


def count_written(table: pa.Table) -> int:
    """How many rows a `receipt` is for."""
    return table[ROWS][0].as_py()


def results(table: pa.Table) -> pa.Table:
    """Good rows as the user gets them: the result columns, the optional ones given, the tags."""
    table = table.append_column(c.WALL_S, _wall_seconds(table))
    table = with_warnings(with_lowest_mapping(with_changes(table)))
    given = [name for name in c.OPTIONAL if name in table.column_names]
    fields = list(RESULT_FIELDS) + [REACTION_FIELDS.field(name) for name in given]
    fields += [table.field(name) for name in tags_of(table.schema)]
    return _as(table, pa.schema(fields, RESULT_FIELDS.metadata))


def rejects(table: pa.Table) -> pa.Table:
    """Rejected rows as the user gets them: where they came from and what is wrong with them."""
    named = {c.REJECT_CODE: c.CODE, c.REJECT_MESSAGE: c.MESSAGE}
    return _as(table.rename_columns([named.get(n, n) for n in table.column_names]), REJECT_FIELDS)


def candidates(table: pa.Table) -> pa.Table:
    """Every saddle point that was found for the rows, where any were sought."""
    return pa.Table.from_pylist(_saddle_points(table), CANDIDATE_FIELDS)


def paths(table: pa.Table) -> pa.Table:
    """The path through every saddle point that joins both sides of a row."""
    found = [saddle for saddle in _saddle_points(table) if saddle[c.PATH_POSITIONS] is not None]
    return pa.Table.from_pylist(found, PATH_FIELDS)


def samples(table: pa.Table) -> pa.Table:
    """Every TS that was sampled for the rows, where these were kept."""
    return pa.Table.from_pylist(_each(table, c.SAMPLES, c.SAMPLE_RANK), SAMPLE_FIELDS)


def _saddle_points(table: pa.Table) -> list[dict[str, Any]]:
    return _each(table, c.SADDLE_POINTS, c.CANDIDATE_RANK)


def _each(table: pa.Table, name: str, rank: str) -> list[dict[str, Any]]:
    """What the lists of a column hold, with the id of its row and its place from 1."""
    if name not in table.column_names:
        return []
    cells = zip(table[c.REACTION_ID].to_pylist(), table[name].to_pylist(), strict=True)
    return [
        {**cell, c.REACTION_ID: reaction_id, rank: number}
        for reaction_id, found in cells
        for number, cell in enumerate(found or (), 1)
    ]


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of a schema; those that no stage has filled are null."""
    given = set(table.column_names)  # which Arrow lists anew whenever it is asked
    columns = [
        table[field.name].cast(field.type)
        if field.name in given
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


def _put(table: pa.Table, name: str, out: Location) -> Digests:
    data = as_parquet(table)
    out.put(name, data)
    return {name: digest(data)}
