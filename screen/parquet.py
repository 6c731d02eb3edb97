"""Reactions from Parquet files with the contract's columns."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import columns as c
from screen.chunks import ATOMS, GROUP, ID, ROW, Chunk, Source, wanted
from screen.filters import columns_in, keep


@dataclass(frozen=True)
class ParquetChunk(Chunk):
    """Rows of one row group."""

    group: int
    first_row: int

    def load(self) -> pa.Table:
        """The rows, taken from their row group."""
        local = np.array(self.rows, np.int64) - self.first_row
        return _row_group(self.path, self.group).take(pa.array(local))


class ParquetSource(Source):
    """One Parquet file."""

    def __init__(self, path: Path):
        self.path = str(path)
        metadata = pq.read_metadata(path)
        sizes = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
        self.n_rows = metadata.num_rows
        self._first_rows = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])

    def index(self, condition: str | None) -> pl.DataFrame:
        """See `Source`; reads ids, atomic numbers and the condition's columns, no coordinates."""
        frame = pl.scan_parquet(self.path, glob=False)
        schema = frame.collect_schema()
        needed = columns_in(condition, schema) if condition else []
        rows = frame.select(_id(schema).alias("__id"), _atoms(schema).alias("__atoms"), *needed)
        table = rows.collect().with_row_index("__row")
        if condition:
            table = keep(table, condition)
        group = np.searchsorted(self._first_rows, table["__row"].to_numpy(), side="right") - 1
        return table.select(
            pl.col("__row").cast(pl.Int64).alias(ROW),
            pl.Series(GROUP, group, pl.Int64),
            pl.col("__id").alias(ID),
            pl.col("__atoms").cast(pl.Int64).alias(ATOMS),
        )

    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> Chunk:
        """See `Source`."""
        return ParquetChunk(self.path, rows, duplicates, group, int(self._first_rows[group]))


def _id(schema: pl.Schema) -> pl.Expr:
    dtype = schema.get(c.REACTION_ID)
    if dtype is None or dtype.is_nested():
        return pl.lit(None, pl.String)
    return pl.col(c.REACTION_ID).cast(pl.String, strict=False)


def _atoms(schema: pl.Schema) -> pl.Expr:
    if isinstance(schema.get(c.ATOMIC_NUMBERS), pl.List):
        return pl.col(c.ATOMIC_NUMBERS).list.len().fill_null(0)
    return pl.lit(0)


@lru_cache(maxsize=1)
def _row_group(path: str, group: int) -> pa.Table:
    """Kept until the next row group, as a worker often gets several chunks of one in a row."""
    with pq.ParquetFile(path) as file:
        return file.read_row_group(group, columns=wanted(file.schema_arrow))
