"""Bring the cells of a column to the contract's type, and say which cells cannot be brought there.

Files written by other tools hold the same data in other types: int64 instead of uint8, float64
lists of lists instead of fixed triples, large lists, floats where pandas met a null. All of that
is accepted; a cell that does not fit is a fault of its row alone and becomes null.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import POSITIONS, STATES, TYPES


@dataclass(frozen=True)
class Fault:
    """Why one row is bad."""

    row: int
    code: RejectCode
    message: str


DELIMITERS = ";\t|"
"""What separates columns in CSV files of some programs, in place of a comma."""


def missing(name: str, found: Sequence[str]) -> str:
    """What to say of a column that is not there.

    Args:
        name: of the column.
        found: names of the columns that are there.
    """
    if not found:
        return f"column '{name}' is missing, and so are all others"
    told = f"column '{name}' is missing among {', '.join(found)}"
    if len(found) == 1 and (between := set(found[0]) & set(DELIMITERS)):
        return f"{told}; the columns are separated by {min(between)!r} and not by ','"
    likely = _likely(name, found)
    return told if likely is None else f"{told}; if it is '{likely}', rename that"


def _likely(name: str, found: Sequence[str]) -> str | None:
    """The column that is most likely meant: one that holds the name, or is spelt nearly so."""
    plain = {re.sub(r"[^a-z0-9]", "", other.lower()): other for other in found}
    wanted = re.sub(r"[^a-z0-9]", "", name)
    holding = [key for key in plain if wanted in key]
    close = holding or get_close_matches(wanted, plain, n=1)
    return plain[close[0]] if close else None


def normalise(name: str, column: pa.ChunkedArray) -> tuple[pa.Array, list[Fault]]:
    """Cast one contract column.

    Args:
        name: a column of the contract; it decides the wanted type.
        column: its cells, of whatever type they were found in.

    Returns:
        The column in the contract's type, null where a cell is bad, and the faults.
    """
    wanted = TYPES[name]
    array = column.combine_chunks()
    if name in c.OPTIONAL and array.null_count == len(array):
        return pa.nulls(len(array), wanted), []
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if wanted == POSITIONS:
        return _positions(name, array)
    if wanted == STATES:
        return _states(name, array)
    if pa.types.is_list(wanted):
        return _integer_lists(name, array)
    if pa.types.is_integer(wanted):
        return _integers(name, array)
    return _strings(name, array)


def _strings(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    try:
        array = array.cast(pa.string())
    except pa.ArrowException:
        return _all_wrong(name, array)
    empty = pc.fill_null(pc.equal(array, ""), True).to_numpy(zero_copy_only=False)
    return array, _missing(name, empty)


def _integers(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    cells = array
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = pa.array([_number(text) for text in array.to_pylist()], pa.float64())
    elif not _is_number(array.type):
        return _all_wrong(name, array)
    null = array.is_null().to_numpy(zero_copy_only=False)
    values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    wrong = ~null & ~_is_integer(values, -(2**31), 2**31 - 1)
    faults = _missing(name, null) + [
        _wrong(name, row, f"holds {cells[row].as_py()!r}, not a whole number")
        for row in np.flatnonzero(wrong).tolist()
    ]
    bad = null | wrong
    return pa.array(np.where(bad, 0, values).astype(np.int32), mask=bad), faults


def _integer_lists(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    if not _is_list(array.type) or not _is_number(array.type.value_type):
        return _all_wrong(name, array)
    null, lengths = _lengths(array)
    row_of = np.repeat(np.arange(len(array)), lengths)
    flat = array.flatten()
    holes = flat.is_null().to_numpy(zero_copy_only=False)
    values = flat.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    missing = _rows_with(row_of, holes, null)
    outside = ~holes & ~_is_integer(values, 0, 255)
    wrong = _rows_with(row_of, outside, np.zeros_like(null)) & ~missing
    faults = _missing(name, missing)
    for row in np.flatnonzero(wrong).tolist():
        value = values[(row_of == row) & outside][0]
        if name == c.ATOMIC_NUMBERS and value.is_integer():
            message = f"column '{name}': there is no element with atomic number {value:g}"
            faults.append(Fault(row, RejectCode.UNKNOWN_ELEMENT, message))
        else:
            faults.append(_wrong(name, row, f"holds {value:g}, not an integer from 0 to 255"))
    numbers = pa.array(np.where(_is_integer(values, 0, 255), values, 0).astype(np.uint8))
    return _lists(numbers, lengths, missing | wrong), faults


def _positions(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    triples = array.type.value_type if _is_list(array.type) else None
    if triples is None or not _is_list(triples) or not _is_number(triples.value_type):
        return _all_wrong(name, array)
    null, lengths = _lengths(array)
    row_of = np.repeat(np.arange(len(array)), lengths)
    atoms = array.flatten()
    hole, width = _lengths(atoms)
    flat = atoms.flatten()
    numbers = flat.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    whole = width == 3
    xyz = np.full((len(atoms), 3), np.nan)
    first = np.cumsum(width) - width
    entries = first[whole, None] + np.arange(3)
    xyz[whole] = numbers[entries]
    holes = flat.is_null().to_numpy(zero_copy_only=False)
    hole[whole] |= holes[entries].any(axis=1)
    missing = _rows_with(row_of, hole, null)
    wrong = _rows_with(row_of, ~whole & ~hole, np.zeros_like(null)) & ~missing
    faults = _missing(name, missing) + [
        _wrong(name, row, "has an atom without exactly three coordinates")
        for row in np.flatnonzero(wrong).tolist()
    ]
    with np.errstate(over="ignore"):  # a number too large becomes inf, which validate reports
        single = xyz.astype(np.float32).reshape(-1)
    packed = pa.FixedSizeListArray.from_arrays(pa.array(single), 3)
    return _lists(packed, lengths, missing | wrong), faults


def _states(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    """Null cells are none of a row's faults: charge and multiplicity of the whole may do."""
    cells, faults = array.to_pylist(), []
    for row, cell in enumerate(cells):
        if cell is not None and not _are_states(cell):
            cells[row] = None
            faults.append(
                _wrong(name, row, f"holds {cell!r}, not a charge and a multiplicity each")
            )
    return pa.array(cells, STATES), faults


def _are_states(cell: object) -> bool:
    return isinstance(cell, list) and all(
        isinstance(state, list) and len(state) == 2 and all(isinstance(n, int) for n in state)
        for state in cell
    )


def _lists(values: pa.Array, lengths: np.ndarray, null: np.ndarray) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(null))


def _lengths(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Whether each list is null, and its length (0 for a null, as `flatten` drops those)."""
    null = array.is_null().to_numpy(zero_copy_only=False).copy()
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    return null, np.where(null, 0, lengths)


def _rows_with(row_of: np.ndarray, bad: np.ndarray, also: np.ndarray) -> np.ndarray:
    """Rows that own a bad entry, or are bad already."""
    rows = also.copy()
    rows[row_of[bad]] = True
    return rows


def _is_integer(values: np.ndarray, low: int, high: int) -> np.ndarray:
    return (values >= low) & (values <= high) & (values == np.floor(values))


def _is_number(dtype: pa.DataType) -> bool:
    return pa.types.is_integer(dtype) or pa.types.is_floating(dtype)


def _is_list(dtype: pa.DataType) -> bool:
    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(kind(dtype) for kind in kinds)


def _number(text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _missing(name: str, null: np.ndarray) -> list[Fault]:
    if name in c.OPTIONAL:
        return []
    message = f"column '{name}' holds no value; fill it in or drop the row"
    return [Fault(row, RejectCode.MISSING_VALUE, message) for row in np.flatnonzero(null).tolist()]


def _wrong(name: str, row: int, what: str) -> Fault:
    message = f"column '{name}' {what}; it must be {TYPES[name]}"
    return Fault(row, RejectCode.WRONG_TYPE, message)


def _all_wrong(name: str, array: pa.Array) -> tuple[pa.Array, list[Fault]]:
    """Every row at fault, except that a column without any value at all is merely empty."""
    nulls = pa.nulls(len(array), TYPES[name])
    if pa.types.is_null(array.type):
        return nulls, _missing(name, np.ones(len(array), bool))
    what = f"has type {array.type}"
    return nulls, [_wrong(name, row, what) for row in range(len(array))]
