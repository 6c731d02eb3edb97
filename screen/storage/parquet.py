"""Parquet files with a checksum for each page, which is compared whenever a page is read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from tscreen.screen.storage.location import Location

ROW_GROUP = 1024
"""Rows at most that a reader of a file, such as a run over a sweep, must take together."""
OPTIONS = {"compression": "zstd", "write_page_checksum": True}


def as_parquet(table: pa.Table) -> pa.Buffer:
    """The bytes of a file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=ROW_GROUP, **OPTIONS)
    return sink.getvalue()


@contextmanager
def open_parquet(location: Location) -> Iterator[pq.ParquetFile]:
    """A file, open for reading; whoever else has written it may have left the checksums out.

    Raises:
        OSError, pa.ArrowException: it cannot be read, or is gone; so do reads of pages that are
            not as they were written.
    """
    with location.open() as opened, pq.ParquetFile(opened, page_checksum_verification=True) as file:
        yield file


def read_parquet(location: Location, columns: list[str] | None = None) -> pa.Table:
    """Some or all columns of a file.

    Raises:
        OSError, pa.ArrowException: as `open_parquet`.
    """
    with open_parquet(location) as file:
        return file.read(columns)
