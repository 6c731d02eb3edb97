"""Reactions from Parquet files with the contract's columns."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tscreen.schemas import columns as c
from tscreen.screen.inputs.chunks import (
    ATOMS,
    GROUP,
    ID,
    ROW,
    Chunk,
    Source,
    refuse_twice,
    renamed,
    wanted,
)
from tscreen.screen.inputs.filters import chosen, columns_in
from tscreen.screen.inputs.plain import plain
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import open_parquet


@dataclass(frozen=True)
class ParquetChunk(Chunk):
    """Rows of one row group."""

    group: int
    first_row: int

    def load(self) -> pa.Table:
        """The rows, taken from their row group."""
        local = np.array(self.rows, np.int64) - self.first_row
        changed = Location(self.path).info.mtime_ns
        return _row_group(self.path, self.group, changed).take(pa.array(local))


class ParquetSource(Source):
    """One Parquet file."""

    def __init__(self, location: Location):
        self.path = location.name
        with location.open() as file:
            metadata = pq.read_metadata(file)
        refuse_twice(metadata.schema.to_arrow_schema().names)
        sizes = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
        self.n_rows = metadata.num_rows
        self._first_rows = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])

    def index(self, condition: str | None) -> pl.DataFrame:
        """See `Source`; reads ids, atomic numbers and the condition's columns, no coordinates."""
        with open_parquet(Location(self.path)) as file:
            schema = plain(file.schema_arrow.empty_table()).schema
            needed = [] if condition is None else columns_in(condition, _scalars(schema))
            read = {c.REACTION_ID, c.ATOMIC_NUMBERS, *needed} & set(schema.names)
            table = plain(file.read(columns=list(read)))
        rows = np.arange(table.num_rows)
        group = np.searchsorted(self._first_rows, rows, side="right") - 1
        index = pl.DataFrame({ROW: rows, GROUP: group, ID: _ids(table), ATOMS: _sizes(table)})
        if condition is None:
            return index
        visible = pl.DataFrame({name: pl.from_arrow(table[name]) for name in needed})
        return index[chosen(visible, table.num_rows, condition)]

    def columns(self) -> pa.Schema:
        """See `Source`."""
        with open_parquet(Location(self.path)) as file:
            return _as_read(file.schema_arrow.empty_table()).schema

    def column(self, name: str) -> pa.ChunkedArray:
        """See `Source`."""
        with open_parquet(Location(self.path)) as file:
            given = wanted(file.schema_arrow)
            return _as_read(file.read([given[self.columns().names.index(name)]]))[name]

    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> Chunk:
        """See `Source`."""
        return ParquetChunk(self.path, rows, duplicates, group, int(self._first_rows[group]))


def _as_read(table: pa.Table) -> pa.Table:
    return renamed(plain(table.select(wanted(table.schema))))


def _scalars(schema: pa.Schema) -> pl.Schema:
    fields = [field for field in schema if not pa.types.is_nested(field.type)]
    return pl.DataFrame(pa.schema(fields).empty_table()).schema


def _ids(table: pa.Table) -> pl.Series:
    ids = pa.nulls(table.num_rows, pa.string())
    if c.REACTION_ID in table.column_names:
        with suppress(pa.ArrowException):  # validation will tell that these are no names
            ids = table[c.REACTION_ID].cast(pa.string())
    return pl.Series(ID, pl.from_arrow(ids), pl.String)


def _sizes(table: pa.Table) -> np.ndarray:
    """Numbers of atoms, 0 where they are not lists at all."""
    if c.ATOMIC_NUMBERS not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    column = table[c.ATOMIC_NUMBERS]
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return np.zeros(table.num_rows, np.int64)
    return pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)


@lru_cache(maxsize=1)
def _row_group(path: str, group: int, _changed: int | None) -> pa.Table:
    """Kept until the next row group, as a worker often gets several chunks of one in a row.

    And until the file changes: a process may read what has been added to it since.
    """
    with open_parquet(Location(path)) as file:
        return renamed(plain(file.read_row_group(group, columns=wanted(file.schema_arrow))))
