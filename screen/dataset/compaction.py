"""Make the dataset of a run from the files of its chunks: few files, in folders by tags on request.

Readers look at the chunks until the report of the run is written, so this may be broken off at any
moment and is then done again from the start.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from pyarrow import fs

from tscreen.screen.dataset.output import Files, Tables, files_in, united
from tscreen.screen.dataset.partitions import decoded
from tscreen.screen.dataset.writing import (
    CHUNKS,
    DONE,
    PARQUET,
    PART,
    REFINED,
    REJECTS,
    RESULTS,
    SCORED,
    STAGED,
    TABLES,
)
from tscreen.screen.storage.ahead import ahead
from tscreen.screen.storage.location import Location, bring_to_disk
from tscreen.screen.storage.parquet import OPTIONS

ROW_GROUP = 16_384
FILE_ROWS = 8 * ROW_GROUP
ROWS_HELD = 4 * ROW_GROUP
"""In memory at most, while each folder waits for the rows of its next row group."""
FOLDERS_AT_ONCE = 64
"""Written at once; more are written in turns, for which chunks are read again."""
TEXT = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())

Key = tuple[str | None, ...]
"""The values of the columns that tell the folder of a row, as text."""
Follow = Callable[[int], None]


@dataclass(frozen=True)
class ChunkFile:
    """What is known of the file of a chunk before its rows are written anew."""

    path: str
    keys: frozenset[Key]


@dataclass(frozen=True)
class Compactor:
    """Compacts one of the tables of a run.

    Attributes:
        files: the file system of the run.
        by: columns that tell the folders.
        follow: is told how many rows were read for the last time.
    """

    files: fs.FileSystem
    by: list[str]
    follow: Follow

    def survey(self, path: str) -> tuple[ChunkFile, pa.Schema]:
        """Look through the file of a chunk, and at its columns."""
        file = self._opened(path)
        told = file.read([name for name in self.by if name in file.schema_arrow.names])
        keys = self._keys(told, file.metadata.num_rows)
        return ChunkFile(path, frozenset(keys)), decoded(file.schema_arrow)

    def batches(
        self, chunks: Iterable[ChunkFile], keys: set[Key], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """The rows of some folders, in the order of the chunks, about a row group at a time."""
        waiting: list[pa.Table] = []
        paths = [chunk.path for chunk in chunks if chunk.keys & keys]
        for table in ahead(partial(self._rows, keys=keys, schema=schema), paths):
            self.follow(len(table))
            waiting.append(table)
            if sum(map(len, waiting)) >= ROW_GROUP:
                yield from pa.concat_tables(waiting).combine_chunks().to_batches()
                waiting.clear()
        if waiting:
            yield from pa.concat_tables(waiting).combine_chunks().to_batches()

    def _rows(self, path: str, keys: set[Key], schema: pa.Schema) -> pa.Table:
        table = self._opened(path).read(use_threads=False)
        if self.by:  # else they all lie in one folder
            chosen = [key in keys for key in self._keys(table, len(table))]
            table = table.filter(pa.array(chosen, pa.bool_()))
        given = set(table.column_names)  # which Arrow lists anew whenever it is asked
        columns = [
            _as(table[column.name], column.type)
            if column.name in given
            else pa.nulls(len(table), column.type)
            for column in schema
        ]
        return pa.table(columns, schema=schema)

    def _opened(self, path: str) -> pq.ParquetFile:
        # Whole, as it is small: one request to an object store in place of one for each column.
        with self.files.open_input_file(path) as file:
            whole = pa.BufferReader(file.read_buffer())
            return pq.ParquetFile(whole, page_checksum_verification=True)

    def _keys(self, table: pa.Table, n_rows: int) -> list[Key]:
        cells = [
            table[name].cast(pa.string()).to_pylist()
            if name in table.column_names
            else [None] * n_rows
            for name in self.by
        ]
        return list(zip(*cells, strict=True)) if cells else [()] * n_rows


def compact(out: Location, chunks: list[str], by: list[str], follow: Follow) -> Tables:
    """Write the dataset of a run whose chunks are all done, in place of what is there of it.

    Args:
        out: the run's folder.
        chunks: names of all its chunks, in the order in which their rows shall come.
        by: columns whose values the results lie in folders by.
        follow: is told how many rows have come, again and again.

    Raises:
        OSError, pa.ArrowException: a file cannot be read or written.
    """
    return Tables(
        *(
            _compact(
                out,
                name,
                fields,
                chunks,
                by if name == RESULTS else [],
                follow if name in (RESULTS, REJECTS) else lambda _: None,
            )
            for name, fields in TABLES.items()
        )
    )


def clear(out: Location) -> None:
    """Remove what a run needs no more once its report is written."""
    for folder in (CHUNKS, STAGED, SCORED, REFINED, DONE):
        (out / folder).remove()


def _compact(
    out: Location, kind: str, fields: pa.Schema, chunks: list[str], by: list[str], follow: Follow
) -> Files:
    (out / kind).remove()
    listed = files_in(out / CHUNKS / kind, fields).listed
    paths = {location.base: info.path for location, info in listed}
    names = [f"{PART}{chunk}{PARQUET}" for chunk in chunks]
    compactor = Compactor(out.opened[0], by, follow)
    surveyed, schemas = [], {fields: None}  # few different ones, of very many chunks
    for chunk, columns in ahead(compactor.survey, [paths[n] for n in names if n in paths]):
        surveyed.append(chunk)
        schemas[columns] = None
    found = united(list(schemas))
    partitions = pa.schema([(name, _of_folders(found, name)) for name in by])
    schema = united([found, partitions]).with_metadata(fields.metadata)
    folders = list(dict.fromkeys(key for chunk in surveyed for key in sorted(chunk.keys, key=str)))
    for start in range(0, len(folders), FOLDERS_AT_ONCE):
        keys = set(folders[start : start + FOLDERS_AT_ONCE])
        rows = compactor.batches(surveyed, keys, schema)
        _write(rows, out / kind, schema, partitions, len(keys))
    return files_in(out / kind, fields, partitions)


def _of_folders(schema: pa.Schema, name: str) -> pa.DataType:
    """The type of a column that tells folders; text where no row has a value."""
    known = name in schema.names and not pa.types.is_null(schema.field(name).type)
    return schema.field(name).type if known else pa.string()


def _write(
    rows: Iterator[pa.RecordBatch],
    folder: Location,
    schema: pa.Schema,
    partitions: pa.Schema,
    n_folders: int,
) -> None:
    files, path = folder.opened
    written: list[str] = []
    pads.write_dataset(
        rows,
        path,
        schema=schema,
        filesystem=files,
        format="parquet",
        file_options=pads.ParquetFileFormat().make_write_options(**OPTIONS),
        partitioning=pads.HivePartitioning(partitions),
        basename_template=f"{PART}{{i}}{PARQUET}",
        preserve_order=True,
        max_open_files=2 * FOLDERS_AT_ONCE,  # else it closes files, and begins others, on the way
        max_rows_per_file=FILE_ROWS,
        max_rows_per_group=ROW_GROUP,
        min_rows_per_group=min(ROW_GROUP, ROWS_HELD // n_folders),
        file_visitor=lambda file: written.append(file.path),
        existing_data_behavior="overwrite_or_ignore",
    )
    if folder.local is not None:
        # Else a machine that stops could keep the report without the rows.
        parts, out = [Path(name) for name in written], folder.local.parent
        folders = {one for part in parts for one in part.parents if one.is_relative_to(out)}
        for changed in (*parts, *folders):
            bring_to_disk(changed)


def _as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The cells in another type, which fits them or is text (or bytes, which hold text too)."""
    if column.type == kind:  # of nearly every column of very many chunks
        return column
    try:
        return column.cast(kind, safe=kind in TEXT)
    except pa.ArrowException:
        if kind not in TEXT:
            raise
        cells = [None if cell is None else str(cell) for cell in column.to_pylist()]
        return pa.chunked_array([pa.array(cells, pa.string())]).cast(kind)
