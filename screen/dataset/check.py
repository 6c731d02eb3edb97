"""Is what a run has written whole, and is every row of its input there once? Repairs nothing."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_of
from tscreen.schemas.tables import RESULT_FIELDS
from tscreen.screen.dataset.digests import SUMS, Digests, digest_of, digests_in
from tscreen.screen.dataset.output import REPORT, Files, Written, plan_of, whole, written
from tscreen.screen.dataset.writing import DONE
from tscreen.screen.inputs.chunks import BROKEN
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.parquet import open_parquet

STRAY = "is no file of this run; remove it"
UNFINISHED = "belongs to a chunk that was not finished"
RESTORE = "restore it from a copy, or screen again into another folder"
REPEAT = "the run's command, repeated, does its rows again"
VERSION_KEY = b"tscreen.schema_version"
STRUCTURES = (c.REACTION_ID, c.ATOMIC_NUMBERS, c.TS_POSITIONS)


def check(folder: LocationLike) -> list[str]:
    """What is wrong with a run's folder, one sentence each; nothing where all is well.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    out = whole(Location.at(folder))
    there = written(out)
    planned = plan_of(out)["rows"]
    problems, digests = _digests(out, there)
    names: list[pa.ChunkedArray] = []
    n_rows = 0
    for files in there.tables:
        for location, _ in files.listed:
            where = location.name.removeprefix(f"{out}/")
            if where not in digests:
                problems.append(f"{where}: {STRAY if there.report else UNFINISHED}")
            try:
                with open_parquet(location) as file:
                    found, ids = _of_file(file, files)
                    if files in (there.tables.results, there.tables.rejects):
                        n_rows += file.metadata.num_rows
            except BROKEN as error:
                problems.append(f"{where} cannot be read: {' '.join(str(error).split())[:200]}")
                continue
            problems += [f"{where}: {what}" for what in found]
            if files is there.tables.results:
                names += ids
    remedy = RESTORE if there.report else REPEAT
    problems += [f"{name} {what}; {remedy}" for name, what in _changed(out, digests)]
    problems += _repeated(names)
    if there.report is None:
        problems.append(f"there is no {REPORT}: the run has not ended; repeat its command to go on")
    if n_rows != planned:
        problems.append(f"{planned} rows were to be screened, but {n_rows} are here")
    return problems


def _digests(out: Location, there: Written) -> tuple[list[str], Digests]:
    """What is wrong with the digests that a run keeps, and these."""
    if there.report is None:
        digests: dict[str, str] = {}
        for receipt in (out / DONE).files():
            with suppress(*BROKEN):  # its chunk counts as one that was not finished
                digests |= digests_in(receipt)
        return [], digests
    try:
        return [], digests_in(out / SUMS)
    except BROKEN as error:
        listed = [location for files in there.tables for location, _ in files.listed]
        unknown = {location.name.removeprefix(f"{out}/"): "" for location in listed}
        return [f"there are no digests to compare the files with: {error}"], unknown


def _changed(out: Location, digests: Digests) -> Iterator[tuple[str, str]]:
    """The files that are gone, or not as they were written."""
    for name, told in digests.items():
        try:
            if told and digest_of(out / name) != told:
                yield name, "is not as it was written"
        except BROKEN as error:
            yield name, f"is gone, or cannot be read ({error})"


def _of_file(file: pq.ParquetFile, files: Files) -> tuple[list[str], list[pa.ChunkedArray]]:
    """What is wrong with a file, and the ids in it."""
    found = list(_of_schema(file.schema_arrow, files))
    ids = []
    for group in range(file.num_row_groups):
        table = file.read_row_group(group)
        if files.schema is RESULT_FIELDS and {*STRUCTURES} <= {*table.column_names}:
            found += _of_structures(table)
        if c.REACTION_ID in table.column_names:
            ids.append(table[c.REACTION_ID])
    return found, ids


def _of_schema(found: pa.Schema, files: Files) -> Iterator[str]:
    schema, metadata = files.schema, found.metadata or {}
    if metadata.get(VERSION_KEY) != schema.metadata[VERSION_KEY]:
        yield (
            f"schema version {metadata.get(VERSION_KEY, b'absent').decode()}, this program writes "
            f"{schema.metadata[VERSION_KEY].decode()}"
        )
    wrong = [
        column.name
        for column in schema
        if column.name not in files.partitions.names
        and (column.name not in found.names or found.field(column.name).type != column.type)
    ]
    if wrong:
        yield f"columns missing or of another type: {', '.join(wrong)}"


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
