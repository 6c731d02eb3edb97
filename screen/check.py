"""Is what a run has written whole, and is every row of its input there once? Repairs nothing."""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns as c
from schemas.reaction import positions_of
from schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from screen.chunks import BROKEN
from screen.errors import UsageError
from screen.output import PLAN, REPORT
from screen.place import Place, PlaceLike
from screen.writing import DONE, REJECTS, RESULTS

VERSION_KEY = b"tscreen.schema_version"


def check(folder: PlaceLike) -> list[str]:
    """What is wrong with a run's folder, one sentence each; nothing where all is well.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    out = Place.at(folder)
    if not (out / PLAN).exists():
        raise UsageError(f"'{out}' holds no {PLAN}; give the --out folder of a `tscreen run`")
    planned = json.loads((out / PLAN).read())["rows"]
    receipts = {receipt.base for receipt in (out / DONE).files()}
    problems: list[str] = []
    names: list[pa.ChunkedArray] = []
    n_rows = 0
    for kind, schema in ((RESULTS, RESULT_FIELDS), (REJECTS, REJECT_FIELDS)):
        for file in (out / kind).files():
            where = f"{kind}/{file.base}"
            try:
                with file.open() as data:
                    table = pq.read_table(data)
            except BROKEN as error:
                problems.append(f"{where} cannot be read: {' '.join(str(error).split())[:200]}")
                continue
            problems += [f"{where}: {what}" for what in _of_file(table, schema)]
            if file.base.removeprefix("part-").removesuffix(".parquet") not in receipts:
                problems.append(f"{where}: belongs to a chunk that was not finished")
            n_rows += len(table)
            if kind == RESULTS and c.REACTION_ID in table.column_names:
                names.append(table[c.REACTION_ID])
    problems += _repeated(names)
    if not (out / REPORT).exists():
        problems.append(f"there is no {REPORT}: the run has not ended; repeat its command to go on")
    if n_rows != planned:
        problems.append(f"{planned} rows were to be screened, but {n_rows} are here")
    return problems


def _of_file(table: pa.Table, schema: pa.Schema) -> Iterator[str]:
    metadata = table.schema.metadata or {}
    if metadata.get(VERSION_KEY) != schema.metadata[VERSION_KEY]:
        yield (
            f"schema version {metadata.get(VERSION_KEY, b'absent').decode()}, this program writes "
            f"{schema.metadata[VERSION_KEY].decode()}"
        )
    wrong = [
        field.name
        for field in schema
        if field.name not in table.column_names or table.schema.field(field.name).type != field.type
    ]
    if wrong:
        yield f"columns missing or of another type: {', '.join(wrong)}"
    elif schema is RESULT_FIELDS:
        yield from _of_structures(table)


def _of_structures(table: pa.Table) -> Iterator[str]:
    present = table.filter(pc.is_valid(table[c.TS_POSITIONS]))
    for name, numbers, positions in zip(
        present[c.REACTION_ID].to_pylist(),
        present[c.ATOMIC_NUMBERS].to_pylist(),
        positions_of(present[c.TS_POSITIONS]),
        strict=True,
    ):
        if len(positions) != len(numbers):
            yield f"reaction '{name}' has {len(numbers)} atoms and {len(positions)} positions"
        elif not np.isfinite(positions).all():
            yield f"reaction '{name}' has positions that are not finite"


def _repeated(names: list[pa.ChunkedArray]) -> Iterator[str]:
    if names:
        counts = pc.value_counts(pa.chunked_array([part for name in names for part in name.chunks]))
        for entry in counts.filter(pc.greater(counts.field("counts"), 1)).to_pylist():
            yield f"reaction '{entry['values']}' is there {entry['counts']} times"
