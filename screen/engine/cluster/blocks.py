"""Tables packed into the rows of Ray blocks, which Ray can neither cut nor join.

A worker is given one row at a time. It may give several tables for one, and each is a block that
the next worker is given on its own. Ray's own way to cut blocks is a stage of tasks that ask for a
whole core.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from ray.data import Dataset

TABLE = "table"
MOST_BLOCKS = 1000
"""That a stream begins with: this process holds some 40 KiB of each until the end."""


def stream_of(tables: Sequence[pa.Table]) -> "Dataset":
    """A dataset of tables, of which workers are given one after the other."""
    import ray.data  # takes seconds

    context = ray.data.DataContext.get_current()
    context.target_max_block_size = 1  # so that every row of a worker's output is a block
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = -1  # long searches are no standstill
    each = 1 + len(tables) // MOST_BLOCKS
    blocks = [packed(tables[start : start + each]) for start in range(0, len(tables), each)]
    return ray.data.from_arrow(blocks)


def packed(tables: Iterable[pa.Table]) -> pa.Table:
    """Tables as the rows of a block."""
    return pa.table({TABLE: pa.array(map(_bytes_of, tables), pa.large_binary())})


def _bytes_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def unpacked(block: pa.Table) -> pa.Table:
    """The table of a block."""
    (cell,) = block[TABLE]
    return pa.ipc.open_stream(cell.as_buffer()).read_all()


def blocks_of(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Each table as a block.

    A worker returns this and yields nothing itself, as Ray tells an error of a stage from one of
    its own only while it calls the worker.
    """
    for table in tables:
        yield packed([table])
