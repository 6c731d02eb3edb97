"""A chunk: some rows of one input file, small enough to hand to a worker, which reads them."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES

# What the plan knows of every row of a file: its number in the file, the group of rows that are
# stored and read together, its id, its number of atoms, and whether it stays with the one before.
ROW, GROUP, ID, ATOMS, JOINED = "row", "group", "id", "atoms", "joined"

OF_ARROW = {"__filename", "__fragment_index", "__batch_index", "__last_in_fragment"}
"""Columns that Arrow's datasets have beside those of their files."""

KNOWN = "known:"
"""Before the name of a column that an earlier run has written, of what its reading found out."""

# Whatever a broken file makes the readers raise.
BROKEN = (OSError, ValueError, pa.ArrowException, pl.exceptions.PolarsError)


class Source(ABC):
    """One input (a file, or a set of files that belong together) that can be cut into chunks."""

    path: str
    n_rows: int

    @abstractmethod
    def index(self, condition: str | None) -> pl.DataFrame:
        """The columns ROW, GROUP, ID and ATOMS of every row that meets the condition.

        Raises:
            UsageError: the condition does not fit this file's columns.
            Exception: one of BROKEN, when the file cannot be read.
        """

    def spread(self, index: pl.DataFrame) -> pl.DataFrame:
        """The rows that are read, some of those chosen perhaps in several versions, with JOINED.

        Comes before `chunk`, whose rows are those of this frame.
        """
        return index.with_columns(pl.lit(False).alias(JOINED))

    @abstractmethod
    def columns(self) -> pa.Schema:
        """The columns that are read, as they are called from then on.

        Raises:
            Exception: one of BROKEN, when the file cannot be read.
        """

    @abstractmethod
    def column(self, name: str) -> pa.ChunkedArray:
        """All cells of one of `columns`.

        Raises:
            Exception: one of BROKEN, when the file cannot be read.
        """

    @abstractmethod
    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> "Chunk":
        """The chunk that reads these rows of one group."""


@dataclass(frozen=True)
class Chunk(ABC):
    """Some rows of one file.

    Attributes:
        path: the file.
        rows: their numbers in the file, in the order in which they are read.
        duplicates: those among them whose id occurred before in the input.
    """

    path: str
    rows: list[int]
    duplicates: list[int]

    @property
    def name(self) -> str:
        """One that only this chunk of its input has, and that it has in every run of this input."""
        told = f"{self.path}\0{self.rows}\0{self.duplicates}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def files(self) -> set[str]:
        """Those that it reads."""
        return {self.path}

    @abstractmethod
    def load(self) -> pa.Table:
        """The rows as the file holds them, in order; raises one of BROKEN.

        May hold internal columns too, where the chunk knows better than `read_chunk`.
        """


@dataclass(frozen=True)
class BadFile(Chunk):
    """A file that gives no reaction at all: one row that says why."""

    code: RejectCode
    message: str

    def load(self) -> pa.Table:
        """One row, rejected."""
        return pa.table(
            {
                c.REACTION_ID: pa.nulls(1, pa.string()),
                c.REJECT_CODE: pa.array([str(self.code)]),
                c.REJECT_MESSAGE: pa.array([self.message]),
            }
        )


def bad_file(path: str, error: Exception | None) -> BadFile:
    """The chunk of a file that is broken, or, without an error, that holds no rows."""
    if error is None:
        message = f"file '{path}' holds no reactions; remove it or fill it"
        return BadFile(path, [0], [], RejectCode.EMPTY_TABLE, message)
    return BadFile(path, [0], [], RejectCode.UNREADABLE_FILE, _unreadable(path, error))


def read_chunk(chunk: Chunk) -> pa.Table:
    """Read a chunk, in a worker.

    Returns:
        One row for each of `chunk.rows`, in order: the contract's columns as the file holds them
        (some may be missing or of other types), the tags, and `source`, `source_row`,
        `reject_code` and `reject_message`, the last two null unless the row is known to be bad.
        A file that turns out to be broken gives rejected rows, not an error.
    """
    rows = np.array(chunk.rows, np.int64)
    codes: list[str | None]
    messages: list[str | None]
    try:
        table = chunk.load()
    except BROKEN as error:
        table = pa.table({c.REACTION_ID: pa.nulls(len(rows), pa.string())})
        codes = [str(RejectCode.UNREADABLE_FILE)] * len(rows)
        messages = [_unreadable(chunk.path, error)] * len(rows)
    else:
        codes, messages = _verdicts(table)
    for row in np.flatnonzero(np.isin(rows, chunk.duplicates)).tolist():
        if codes[row] is None:
            name = table[c.REACTION_ID][row].as_py()
            codes[row] = str(RejectCode.DUPLICATE_ID)
            messages[row] = f"reaction '{name}': this id occurred before; make it unique"
    internal = {
        c.SOURCE: pa.array([chunk.path] * len(rows)),
        c.SOURCE_ROW: pa.array(rows),
        **{name: table[name] for name in (c.SOURCE, c.SOURCE_ROW) if name in table.column_names},
        c.REJECT_CODE: pa.array(codes, pa.string()),
        c.REJECT_MESSAGE: pa.array(messages, pa.string()),
        c.SOURCE_CHUNK: pa.array([chunk.name] * len(rows)),
        c.CHUNK_PLACE: pa.array(range(len(rows)), TYPES[c.CHUNK_PLACE]),
        c.CHUNK_ROWS: pa.array([len(rows)] * len(rows), TYPES[c.CHUNK_ROWS]),
    }
    given = [name for name in table.column_names if name not in internal]
    table = table.select(given).replace_schema_metadata(None)
    for name, cells in internal.items():
        table = table.append_column(name, cells)
    return table


def refuse_twice(names: list[str]) -> None:
    """Refuse a file in which nobody knows what a name means.

    Raises:
        ValueError: two columns have the same name.
    """
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{count} columns are called '{name}'; rename all but one")


def wanted(schema: pa.Schema) -> list[str]:
    """The columns of a file that are read: all whose name in `renamed` is still free."""
    own = set(schema.names)
    return [name for name in schema.names if _kept_as(name) == name or _kept_as(name) not in own]


def renamed(table: pa.Table) -> pa.Table:
    """Give columns that bear the name of a result, such as a reference barrier, another one."""
    return table.rename_columns([_kept_as(name) for name in table.column_names])


def _kept_as(name: str) -> str:
    if (known := name.removeprefix(KNOWN)) in c.FROM_READING and known != name:
        return known
    taken = name in OF_ARROW or (name in TYPES and name not in c.CONTRACT)
    return f"input_{name}" if taken else name


def _verdicts(table: pa.Table) -> tuple[list[str | None], list[str | None]]:
    if c.REJECT_CODE not in table.column_names:
        return [None] * table.num_rows, [None] * table.num_rows
    return table[c.REJECT_CODE].to_pylist(), table[c.REJECT_MESSAGE].to_pylist()


def _unreadable(path: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:300]
    return f"file '{path}' cannot be read, export it again: {reason}"
