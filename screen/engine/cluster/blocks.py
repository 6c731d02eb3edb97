"""Tables packed into Ray blocks of one row, which Ray can neither cut nor join.

A worker may so give several tables for one, and each is a block that the next worker is given on
its own. Ray's own way to cut blocks is a stage of tasks that ask for a whole core.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from ray.data import Dataset

TABLE = "table"


def stream_of(tables: Iterable[pa.Table]) -> "Dataset":
    """A dataset with one block for each table."""
    import ray.data  # takes seconds

    context = ray.data.DataContext.get_current()
    context.target_max_block_size = 1  # so that every row of a worker's output is a block
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = -1  # long searches are no standstill
    # Of each block `from_arrow` keeps 40 KiB in this process, for a task that looks at it.
    return ray.data.from_blocks([packed(table) for table in tables])


def packed(table: pa.Table) -> pa.Table:
    """A table as a block."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return pa.table({TABLE: pa.array([sink.getvalue().to_pybytes()], pa.large_binary())})


def unpacked(block: pa.Table) -> pa.Table:
    """The table of a block."""
    (cell,) = block[TABLE]
    return pa.ipc.open_stream(cell.as_buffer()).read_all()


def blocks_of(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Each table as a block.

    A worker returns this and yields nothing itself, as Ray tells an error of a stage from one of
    its own only while it calls the worker.
    """
    yield from map(packed, tables)
