"""One reaction as numpy arrays, read from and written to Arrow without copying atom by atom."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.bonds import fragments_of
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.tables import POSITIONS, TYPES


@dataclass(frozen=True)
class Reaction:
    """A validated reaction of N atoms; atom i is the same atom on both sides.

    Attributes:
        reaction_id: unique name.
        atomic_numbers: (N,) uint8.
        reactant_positions: (N, 3) float32, Angstrom.
        product_positions: (N, 3) float32, Angstrom.
        reactant_fragments: (N,) uint8, which separate molecule an atom belongs to; the relative
            placement of different fragments carries no information.
        product_fragments: (N,) uint8, the same for the product.
        charge: total charge, in electron charges.
        multiplicity: spin multiplicity, 1 for a closed shell.
    """

    reaction_id: str
    atomic_numbers: np.ndarray
    reactant_positions: np.ndarray
    product_positions: np.ndarray
    reactant_fragments: np.ndarray
    product_fragments: np.ndarray
    charge: int
    multiplicity: int

    @classmethod
    def from_atoms(
        cls,
        reactant: "Structure",
        product: "Structure",
        *,
        name: str = "reaction",
        charge: int = 0,
        multiplicity: int | None = None,
    ) -> "Reaction":
        """The reaction between two structures, such as ASE `Atoms`, of the same atoms in order.

        Atoms that are not bonded to each other, by their distances, are separate molecules.

        Args:
            reactant: numbers (N,) and positions (N, 3) in Å.
            product: the same.
            name: the reaction's id.
            charge: total charge.
            multiplicity: of spin; None for the lowest that the number of electrons allows.

        Raises:
            ValueError: the two are not the same atoms in the same order.
        """
        numbers = np.asarray(reactant.numbers, np.uint8)
        others = np.asarray(product.numbers, np.uint8)
        if not np.array_equal(numbers, others):
            raise ValueError(f"reaction '{name}': {_difference(numbers, others)}")
        start, end = (np.asarray(side.positions, np.float32) for side in (reactant, product))
        if multiplicity is None:
            multiplicity = 1 + (int(numbers.sum()) - charge) % 2
        return cls(
            name,
            numbers,
            start,
            end,
            fragments_of(numbers, start),
            fragments_of(numbers, end),
            charge,
            multiplicity,
        )


class Structure(Protocol):
    """Atoms somewhere; ASE's are."""

    @property
    def numbers(self) -> np.ndarray:
        """Atomic numbers (N,)."""

    @property
    def positions(self) -> np.ndarray:
        """(N, 3) in Å."""


def _difference(numbers: np.ndarray, others: np.ndarray) -> str:
    if len(numbers) != len(others):
        return f"the reactant has {len(numbers)} atoms and the product {len(others)}"
    atom = int(np.flatnonzero(numbers != others)[0])
    return (
        f"atom {atom} (counting from 0) is {SYMBOLS[numbers[atom]]} in the reactant and "
        f"{SYMBOLS[others[atom]]} in the product; both must list the same atoms in the same order"
    )


def table_of(reactions: Sequence[Reaction]) -> pa.Table:
    """Reactions as a table that `validate` takes and `reactions_of` gives back."""
    columns = {}
    for name in c.REQUIRED:
        cells = [getattr(reaction, name) for reaction in reactions]
        kind = TYPES[name]
        columns[name] = positions_array(cells) if kind == POSITIONS else pa.array(cells, kind)
    return pa.table(columns)


def reactions_of(table: pa.Table) -> list[Reaction]:
    """The rows of a validated table as reactions.

    The arrays are read-only views of the table's memory. Rows that were rejected must be
    filtered out first: their cells may be null.
    """
    rows = zip(
        table[c.REACTION_ID].to_pylist(),
        _lists(table[c.ATOMIC_NUMBERS]),
        positions_of(table[c.REACTANT_POSITIONS]),
        positions_of(table[c.PRODUCT_POSITIONS]),
        _lists(table[c.REACTANT_FRAGMENTS]),
        _lists(table[c.PRODUCT_FRAGMENTS]),
        table[c.CHARGE].to_pylist(),
        table[c.MULTIPLICITY].to_pylist(),
        strict=True,
    )
    return [Reaction(*row) for row in rows]


def positions_of(column: pa.ChunkedArray | pa.Array) -> list[np.ndarray]:
    """The (N, 3) float32 array of every cell of a POSITIONS column without nulls, as views."""
    array = _combined(column)
    flat = array.flatten().flatten().to_numpy().reshape(-1, 3)
    return _split(flat, array)


def positions_array(structures: Sequence[np.ndarray | None]) -> pa.Array:
    """An Arrow column of type POSITIONS.

    Args:
        structures: one (N, 3) array in Angstrom for each row, or None for a null cell.
    """
    lengths = [0 if xyz is None else len(xyz) for xyz in structures]
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int32)
    parts = [np.asarray(xyz, dtype=np.float32).reshape(-1) for xyz in structures if xyz is not None]
    flat = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    atoms = pa.FixedSizeListArray.from_arrays(pa.array(flat), 3)
    mask = pa.array([xyz is None for xyz in structures], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets), atoms, mask=mask).cast(POSITIONS)


def _lists(column: pa.ChunkedArray) -> list[np.ndarray]:
    array = _combined(column)
    return _split(array.flatten().to_numpy(), array)


def _combined(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if array.null_count:
        raise ValueError("rejected rows must be filtered out before their cells are read")
    return array


def _split(flat: np.ndarray, array: pa.Array) -> list[np.ndarray]:
    offsets = array.offsets.to_numpy()
    offsets = offsets - offsets[0] if len(offsets) else offsets
    return [flat[i:j] for i, j in pairwise(offsets)]
