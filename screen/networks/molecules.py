"""Structures and energies of the molecules of a network, each computed once and kept."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tscreen.actors.exploring.stage import MoleculeStage
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
"""Molecules that are written together."""

Rows = dict[str, dict[str, Any]]
"""What is known of molecules, by their names."""


def molecules(
    names: Iterable[str], stage: MoleculeStage, folder: Location, show: Show, address: str | None
) -> Rows:
    """What a stage makes of these molecules; those that lie in the folder are not made again.

    Raises:
        BrokenOffError: a worker failed for a reason that lies in no molecule.
    """
    names = sorted(set(names))
    known = _kept(folder)
    left = [name for name in names if name not in known]
    if left:
        _compute(left, stage, folder, show, address)
        known = _kept(folder)
    return {name: known[name] for name in names if name in known}


def _kept(folder: Location) -> Rows:
    parts = [one for one in folder.files() if one.suffix == ".parquet"]
    rows = (row for part in parts for row in read_parquet(part).to_pylist())
    return {row[c.MOLECULE]: row for row in rows}


def _compute(
    names: list[str], stage: MoleculeStage, folder: Location, show: Show, address: str | None
) -> None:
    chunks = [names[i : i + CHUNK] for i in range(0, len(names), CHUNK)]
    stages = [stage, WriteMolecules(folder)]
    flow = Flow(stages, [_table(chunk) for chunk in chunks], len(names))
    totals: dict[str, int | None] = {one.name: len(names) for one in stages}
    engine = EngineName.LOCAL if address is None else EngineName.RAY
    Building("exploration", folder, engine, address).carry_out(flow, totals, show)


def _table(names: list[str]) -> pa.Table:
    file = f"{hashlib.blake2b(' '.join(names).encode(), digest_size=12).hexdigest()}.parquet"
    n = len(names)
    return pa.table(
        {
            c.MOLECULE: names,
            c.SOURCE_CHUNK: [file] * n,
            c.CHUNK_PLACE: pa.array(range(n), TYPES[c.CHUNK_PLACE]),
            c.REACTION_ID: names,
            c.REJECT_CODE: pa.nulls(n, pa.string()),
            c.REJECT_MESSAGE: pa.nulls(n, pa.string()),
        }
    )


@dataclass(frozen=True)
class WriteMolecules(Stage):
    """Keeps a chunk of molecules on the disk."""

    folder: Location

    name = "keep"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return self._write

    def _write(self, table: pa.Table) -> pa.Table:
        wanted = [c.MOLECULE, *MoleculeStage.gives]
        self.folder.put(table[c.SOURCE_CHUNK][0].as_py(), as_parquet(table.select(wanted)))
        return receipt(table)

    def count(self, table: pa.Table) -> int:
        """The molecules that were kept."""
        return count_written(table)
