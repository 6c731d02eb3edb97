"""Structures and energies of the molecules of a network, each computed once and kept."""

from collections.abc import Iterable

import pyarrow as pa

from tscreen.actors.exploring.stage import MoleculeStage
from tscreen.schemas import columns as c
from tscreen.screen.engine.progress import Show
from tscreen.screen.networks.kept import Rows, computed
from tscreen.screen.storage.location import Location


def molecules(
    names: Iterable[str], stage: MoleculeStage, folder: Location, show: Show, address: str | None
) -> Rows:
    """What a stage makes of these molecules; those that lie in the folder are not made again.

    Raises:
        BrokenOffError: a worker failed for a reason that lies in no molecule.
    """
    cells = pa.array(sorted(set(names)), pa.string())
    return computed(
        pa.table({c.REACTION_ID: cells, c.MOLECULE: cells}), stage, folder, show, address
    )
