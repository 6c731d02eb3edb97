"""What a stage makes of named rows, each computed once and kept on the disk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tscreen.actors.workers.stage import LIGHT, Shared, Stage, Transform
from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.dataset.writing import count_written, receipt
from tscreen.screen.engine.building import Building
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet, read_parquet

CHUNK = 8
"""Rows that are written together."""

Rows = dict[str, dict[str, Any]]
"""What is known of rows, by their names."""


def computed(
    table: pa.Table, stage: Stage, folder: Location, show: Show, address: str | None
) -> Rows:
    """What a stage makes of the rows of a table, by their `reaction_id`.

    Those that lie in the folder are not computed again.

    Raises:
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    names = table[c.REACTION_ID].to_pylist()
    known = _kept(folder)
    left = [row for row, name in enumerate(names) if name not in known]
    if left:
        chunks = [_chunk(table.take(left[i : i + CHUNK])) for i in range(0, len(left), CHUNK)]
        stages = [stage, Keep(folder, tuple(stage.gives))]
        totals: dict[str, int | None] = {one.name: len(left) for one in stages}
        engine = EngineName.LOCAL if address is None else EngineName.RAY
        flow = Flow(stages, chunks, len(left))
        Building("exploration", folder, engine, address).carry_out(flow, totals, show)
        known = _kept(folder)
    return {name: known[name] for name in names if name in known}


def _kept(folder: Location) -> Rows:
    parts = [one for one in folder.files() if one.suffix == ".parquet"]
    rows = (row for part in parts for row in read_parquet(part).to_pylist())
    return {row[c.REACTION_ID]: row for row in rows}


def _chunk(table: pa.Table) -> pa.Table:
    names: Sequence[str] = table[c.REACTION_ID].to_pylist()
    file = f"{hashlib.blake2b(' '.join(names).encode(), digest_size=12).hexdigest()}.parquet"
    n = len(names)
    cells = {
        c.SOURCE_CHUNK: [file] * n,
        c.CHUNK_PLACE: pa.array(range(n), TYPES[c.CHUNK_PLACE]),
        c.REJECT_CODE: pa.nulls(n, pa.string()),
        c.REJECT_MESSAGE: pa.nulls(n, pa.string()),
    }
    for name, column in cells.items():
        table = table.append_column(name, pa.array(column))
    return table


@dataclass(frozen=True)
class Keep(Stage):
    """Keeps a chunk of rows on the disk.

    Attributes:
        folder: for the chunks.
        columns: that are kept, besides the name.
    """

    folder: Location
    columns: tuple[str, ...]

    name = "keep"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return self._write

    def _write(self, table: pa.Table) -> pa.Table:
        wanted = table.select([c.REACTION_ID, *self.columns])
        self.folder.put(table[c.SOURCE_CHUNK][0].as_py(), as_parquet(wanted))
        return receipt(table)

    def count(self, table: pa.Table) -> int:
        """The rows that were kept."""
        return count_written(table)
