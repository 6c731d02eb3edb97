"""Tells whether rows of the input that a run has screened are still what they were."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from tscreen.actors.mapping.rows import checked
from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import Chunk, read_chunk

OF_SMILES = (c.SMILES, c.CHARGE, c.MULTIPLICITY)
OF_STRUCTURES = (*c.STRUCTURE, c.CHARGE, c.MULTIPLICITY)
"""What is compared of a row, by what it came as."""

Print = dict[str, int | None]
"""A short number for the cell of each column."""


def prints_of(table: pa.Table) -> dict[str, Print]:
    """What each reaction of a table is known by, by its id."""
    names = [name for name in (*c.STRUCTURE, *OF_SMILES) if name in table.column_names]
    rows = zip(*(_prints(table[name]) for name in names), strict=True)
    ids = table[c.REACTION_ID].to_pylist()
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(ids, rows, strict=True)}


def _prints(column: pa.ChunkedArray) -> list[int | None]:
    if not pa.types.is_nested(column.type):
        return [None if cell is None else hash(cell) for cell in column.to_pylist()]
    cells = (cell.values for chunk in column.chunks for cell in chunk)
    return [None if cell is None else hash(_numbers(cell).tobytes()) for cell in cells]


def _numbers(cell: pa.Array) -> np.ndarray:
    while pa.types.is_nested(cell.type):
        cell = cell.flatten()
    return cell.to_numpy(zero_copy_only=False)


def refuse_changed_rows(
    chunks: Iterable[Chunk], known: Mapping[str, Print], max_atoms: int
) -> None:
    """Compare the rows of chunks with reactions that were screened.

    Args:
        chunks: of the input as it is now.
        known: reactions as they were screened, by id; others are new.
        max_atoms: see `validate`.

    Raises:
        UsageError: a row has the id of a reaction that was screened, and is another.
    """
    for chunk in chunks:
        table = _again(read_chunk(chunk), known)
        if not len(table):
            continue
        from_smiles = table[c.ATOMIC_NUMBERS].null_count == len(table)
        if not from_smiles:
            table = checked(table, max_atoms=max_atoms)  # as it was before it was screened
        compared = OF_SMILES if from_smiles else OF_STRUCTURES
        for name, found in prints_of(table).items():
            for column in compared:
                told = found.get(column)
                if told != known[name].get(column) and not (from_smiles and told is None):
                    raise UsageError(
                        f"reaction '{name}' of '{chunk.path}' is not what was screened before: its "
                        f"{column} has changed; give it another reaction_id to add it, or screen "
                        "into another --out"
                    )


def _again(table: pa.Table, known: Mapping[str, Print]) -> pa.Table:
    """The rows of reactions that were screened, without those that only repeat the id of another.

    A file without ids or structures has none: all its rows are rejected.
    """
    if not {c.REACTION_ID, c.ATOMIC_NUMBERS} <= {*table.column_names}:
        return table.slice(0, 0)
    repeated = [code == RejectCode.DUPLICATE_ID for code in table[c.REJECT_CODE].to_pylist()]
    ids = table[c.REACTION_ID].to_pylist()
    again = [name in known and not two for name, two in zip(ids, repeated, strict=True)]
    return table.filter(pa.array(again, pa.bool_()))
