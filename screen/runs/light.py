"""The stages of a run in which nothing is computed: reading, choosing, writing."""

import pickle
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from tscreen.actors.mapping.rows import checked
from tscreen.actors.workers.stage import LIGHT, Shared, Stage, Transform
from tscreen.schemas import columns as c
from tscreen.screen.dataset.assembling import write_when_whole
from tscreen.screen.dataset.writing import count_written, set_aside, take_up, write
from tscreen.screen.inputs.chunks import Chunk, read_chunk
from tscreen.screen.inputs.stamps import Stamps, refuse_changed
from tscreen.screen.storage.location import Location

CHUNK = "chunk"


def tables_of(chunks: list[Chunk]) -> list[pa.Table]:
    """A table for each chunk, which says what to read.

    Large reactions come first, so that no worker is left with them.
    """
    return [pa.table({CHUNK: [pickle.dumps(chunk)]}) for chunk in chunks[::-1]]


def _chunk_of(table: pa.Table) -> Chunk:
    (chunk,) = table[CHUNK].to_pylist()
    return pickle.loads(chunk)


@dataclass(frozen=True)
class Read(Stage):
    """Reads a chunk of the input.

    Attributes:
        files: as they were planned.
    """

    files: Stamps

    name = "read"
    resources = LIGHT
    gives = (*c.CONTRACT, *c.INTERNAL)

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return self._read

    def _read(self, table: pa.Table) -> pa.Table:
        chunk = _chunk_of(table)
        rows = read_chunk(chunk)
        refuse_changed(chunk.files, self.files)
        return rows


@dataclass(frozen=True)
class Validate(Stage):
    """Turns away what cannot be screened, and sets atoms in order."""

    max_atoms: int

    name = "validate"
    needs = c.CONTRACT
    gives = (c.PRODUCT_ORDER, c.FEWER_BOND_CHANGES)

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return partial(checked, max_atoms=self.max_atoms)


@dataclass(frozen=True)
class Choose(Stage):
    """Marks rows for refinement.

    Attributes:
        mark: `choosing.mark_below` or `choosing.mark_up_to`, with the limit.
    """

    mark: Transform

    name = "choose"
    needs = (c.P_GOOD,)
    gives = (c.NEEDS_SEARCH,)

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return self.mark


@dataclass(frozen=True)
class SetAside(Stage):
    """Keeps a chunk on the disk, where an interrupted run finds it again."""

    out: Location

    name = "set aside"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return partial(set_aside, out=self.out)

    def count(self, table: pa.Table) -> int:
        """The rows that were kept."""
        return count_written(table)


@dataclass(frozen=True)
class TakeUp(Stage):
    """Goes on with a chunk that was set aside."""

    out: Location

    name = "take up"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return lambda table: take_up(_chunk_of(table).name, self.out)


@dataclass(frozen=True)
class Write(Stage):
    """Writes what is finished.

    Attributes:
        out: the run's folder.
        single: whether rows come one by one and wait for the others of their chunk.
    """

    out: Location
    single: bool

    name = "write"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return partial(write_when_whole if self.single else write, out=self.out)

    def count(self, table: pa.Table) -> int:
        """The rows that were written."""
        return count_written(table)
