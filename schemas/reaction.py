"""One reaction as numpy arrays, read from and written to Arrow without copying atom by atom."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.tables import POSITIONS, TYPES

States = Sequence[Sequence[int]] | None


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
        reactant_states: (charge, multiplicity) of each molecule of the reactant, in the order of
            their numbers; None where it is not known.
        product_states: the same for the product.
    """

    reaction_id: str
    atomic_numbers: np.ndarray
    reactant_positions: np.ndarray
    product_positions: np.ndarray
    reactant_fragments: np.ndarray
    product_fragments: np.ndarray
    charge: int
    multiplicity: int
    reactant_states: States = None
    product_states: States = None

    @property
    def several_reactants(self) -> bool:
        """Whether the reactant is more than one molecule."""
        return bool(self.reactant_fragments.max() > 0)

    @property
    def several_products(self) -> bool:
        """Whether the product is more than one molecule."""
        return bool(self.product_fragments.max() > 0)

    @property
    def states(self) -> list[tuple[int, int]]:
        """(charge, multiplicity) of the whole, then of its molecules as far as they are known."""
        molecules = [*(self.reactant_states or ()), *(self.product_states or ())]
        return [(self.charge, self.multiplicity), *((q, spin) for q, spin in molecules)]


def difference(numbers: np.ndarray, others: np.ndarray) -> str | None:
    """How the atomic numbers (N,) of a product are not those of the reactant; None if they are."""
    if len(numbers) != len(others):
        return (
            f"the reactant has {len(numbers)} atoms and the product {len(others)}; "
            "list the same atoms in the same order"
        )
    if np.array_equal(numbers, others):
        return None
    atom = int(np.flatnonzero(numbers != others)[0])
    return (
        f"atom {atom} (counting from 0) is {SYMBOLS[numbers[atom]]} in the reactant and "
        f"{SYMBOLS[others[atom]]} in the product; list the same atoms in the same order"
    )


def reordered(numbers: np.ndarray, others: np.ndarray) -> bool:
    """Whether the atomic numbers (N,) of a product are those of the reactant in another order."""
    return not np.array_equal(numbers, others) and np.array_equal(np.sort(numbers), np.sort(others))


def table_of(reactions: Sequence[Reaction]) -> pa.Table:
    """Reactions as a table that `validate` takes and `reactions_of` gives back."""
    columns = {}
    states = [name for name in c.STATES if any(getattr(one, name) for one in reactions)]
    for name in (*c.REQUIRED, *states):
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
        *(_optional(table, name) for name in c.STATES),
        strict=True,
    )
    return [Reaction(*row) for row in rows]


def _optional(table: pa.Table, name: str) -> list:
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


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
