"""Plan the reading of the input: which rows of which files, in chunks that workers then read.

The plan never holds coordinates of a Parquet file, so it stays light for inputs that do not fit
in memory. It does not depend on the number of workers.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase

import polars as pl
from pyarrow import fs

from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import (
    ATOMS,
    BROKEN,
    GROUP,
    ID,
    JOINED,
    ROW,
    Chunk,
    Source,
    bad_file,
    read_chunk,
)
from tscreen.screen.inputs.packed import kind_of
from tscreen.screen.inputs.parquet import ParquetSource
from tscreen.screen.inputs.smiles_csv import SMILES_SUFFIXES, SmilesSource
from tscreen.screen.inputs.stamps import Stamps, stamp_of
from tscreen.screen.inputs.xyz import FRAME_SUFFIXES, Frame, XyzSource, pair_up, scan
from tscreen.screen.storage.ahead import ahead
from tscreen.screen.storage.location import Location

__all__ = ["Chunk", "Plan", "files_of", "passed_over", "plan", "read_chunk"]

SUFFIXES = (".parquet", *SMILES_SUFFIXES, *FRAME_SUFFIXES)
PATTERN = {"*", "?", "["}
FILE, DUPLICATE = "file", "duplicate"
CHUNKS_WANTED = 64
"""Even of a small input, so that there is one for every worker that builds or samples."""
ROWS_WANTED = 4
"""In each of these."""
NAMED = 10
"""At most, of what is passed over."""


@dataclass(frozen=True)
class Plan:
    """What will be read.

    Attributes:
        chunks: together every row of the input exactly once.
        n_rows: how many rows that is, files that cannot be read counting as one each.
        files: of the input, and what each was known by before it was read.
        sources: what of it could be opened.
        passed_over: names of what else its folder holds, but for hidden files.
        atoms: of each reaction, 0 where that is not known yet.
    """

    chunks: list[Chunk]
    n_rows: int
    files: Stamps
    sources: list[Source]
    passed_over: list[str]
    atoms: list[int]


def plan(
    inputs: Sequence[Location],
    *,
    block_rows: int,
    filter: str | None = None,  # noqa: A002
    limit: int | None = None,
    known: Set[str] = frozenset(),
) -> Plan:
    """Decide how the input is read.

    Args:
        inputs: each a Parquet, CSV, (ext)XYZ, SDF or mol2 file, an ASE database, a folder of them,
            or a pattern that names some; what several of them name is read once.
        block_rows: the most rows a chunk may have; it has fewer where chunks would be few.
        filter: SQL condition over scalar columns; only rows that meet it are read.
        limit: read at most so many rows, the first ones; one that is read in several versions
            counts once.
        known: ids of rows that are passed over, though they count as the first of their id.

    Raises:
        UsageError: there is no such input, or the filter does not fit it. A file that cannot be
            read is no such error: it becomes a rejected row.
    """
    files = files_of(inputs)
    stamps = dict(zip(map(str, files), ahead(stamp_of, files), strict=True))
    sources, chunks = _open(files)
    indexes = []
    atoms: list[int] = []
    for number, source in enumerate(sources):
        try:
            index = source.index(filter)
        except UsageError:
            raise
        except BROKEN as error:
            chunks.append(bad_file(source.path, error))
        else:
            indexes.append(index.with_columns(pl.lit(number).alias(FILE)))
    if indexes:
        rows = pl.concat(indexes)
        rows = rows if limit is None else rows.head(limit)
        rows = _unknown(_spread(sources, rows), known)
        atoms = rows[ATOMS].to_list()
        for_many = max(ROWS_WANTED, len(rows) // CHUNKS_WANTED)
        chunks += _cut(sources, rows, min(block_rows, for_many))
    return Plan(
        chunks,
        sum(len(chunk.rows) for chunk in chunks),
        stamps,
        sources,
        _others(inputs, files),
        atoms,
    )


def files_of(inputs: Sequence[Location]) -> list[Location]:
    """The files of all inputs, each once.

    Raises:
        UsageError: one of them has none.
    """
    return list({file.name: file for one in inputs for file in _files(one)}.values())


def _files(inputs: Location) -> list[Location]:
    """The files of an input: itself, those of a folder, or those that a pattern (`*.csv`) names.

    Raises:
        UsageError: there are none.
    """
    if not inputs.exists() and PATTERN & set(inputs.base):
        folder = Location(inputs.name.removesuffix(inputs.base).rstrip("/"))
        files = [one for one in _readable(folder) if fnmatchcase(one.base, inputs.base)]
        if not files:
            raise UsageError(f"'{inputs}' names no {_suffixes()} file; give another pattern")
        return files
    if not inputs.exists():
        raise UsageError(f"there is no '{inputs}'; give a file or folder of {_suffixes()}")
    if inputs.is_file():
        if kind_of(inputs) not in SUFFIXES:
            raise UsageError(f"'{inputs}' is no {_suffixes()} file; convert it to one of these")
        return [inputs]
    if inputs.info.type != fs.FileType.Directory:
        raise UsageError(f"'{inputs}' is neither a file nor a folder; copy what it gives to a file")
    files = _readable(inputs)
    if not files:
        raise UsageError(f"folder '{inputs}' holds no {_suffixes()} file; give another")
    return files


def _readable(folder: Location) -> list[Location]:
    return [location for location in folder.files() if kind_of(location) in SUFFIXES]


def _others(inputs: Sequence[Location], files: list[Location]) -> list[str]:
    """Files of other formats, folders and links to nothing, in the folders among the inputs."""
    read = {file.name for file in files}
    folders = (one for one in inputs if one.name not in read and one.exists())
    return [
        name
        for folder in folders
        for name in folder.names()
        if (folder / name).name not in read and not name.startswith(".")
    ]


def _open(files: list[Location]) -> tuple[list[Source], list[Chunk]]:
    """The inputs that can be opened and hold rows, and a rejecting chunk for each other file."""
    sources: list[Source] = []
    frames: list[Frame] = []  # of all XYZ files, as the two sides may lie in two files
    bad: list[Chunk] = []
    for path in files:
        try:
            if kind_of(path) in FRAME_SUFFIXES:
                found = scan(path)
                frames += found
                n_rows = len(found)
            else:
                source = ParquetSource(path) if path.suffix == ".parquet" else SmilesSource(path)
                n_rows = source.n_rows
                if n_rows:
                    sources.append(source)
        except BROKEN as error:
            bad.append(bad_file(str(path), error))
        else:
            if not n_rows:
                bad.append(bad_file(str(path), None))
    if frames:
        sources.append(XyzSource(pair_up(frames)))
    return sources, bad


def _spread(sources: list[Source], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, those that are read in several versions once for each."""
    by_file = rows.group_by(FILE, maintain_order=True)
    return pl.concat([sources[file].spread(chosen) for (file,), chosen in by_file] or [rows])


def _unknown(rows: pl.DataFrame, known: Set[str]) -> pl.DataFrame:
    """The rows that are not known, with those marked that repeat the id of another."""
    again = pl.col(ID).is_not_null() & (pl.col(ID) != "") & ~pl.col(ID).is_first_distinct()
    rows = rows.with_columns(again.alias(DUPLICATE))
    return rows.filter(pl.col(DUPLICATE) | ~pl.col(ID).is_in(list(known)).fill_null(False))


def _cut(sources: list[Source], rows: pl.DataFrame, block_rows: int) -> list[Chunk]:
    """Chunks of at most `block_rows`, each of rows of one group and of similar size."""
    chunks = []
    for (file, group), members in rows.group_by(FILE, GROUP, maintain_order=True):
        for block in _blocks(members.sort(ATOMS, maintain_order=True), block_rows):
            duplicates = block.filter(DUPLICATE)[ROW].to_list()
            chunks.append(sources[file].chunk(group, block[ROW].to_list(), duplicates))
    return chunks


def _blocks(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Slices of `size` rows, longer by those that stay with the one before."""
    joined = [*rows[JOINED], False]
    start = 0
    while start < len(rows):
        stop = min(start + size, len(rows))
        while joined[stop]:
            stop += 1
        yield rows[start:stop]
        start = stop


def passed_over(planned: Plan) -> str:
    """A sentence on what of a folder is not read."""
    names, more = planned.passed_over[:NAMED], len(planned.passed_over[NAMED:])
    told = ", ".join(names) + (f" and {more} more" if more else "")
    return f"passed over: {told}; of a folder, only its own {_suffixes()} files are read"


def _suffixes() -> str:
    return ", ".join(SUFFIXES)
