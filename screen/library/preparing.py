"""Tables of transition states alone, made into tables of reactions that can be trained on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tscreen.actors.preparing.named import NamedMolecule
from tscreen.actors.preparing.sides import LoneTransitionState, SideGeometry, both_sides
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.pools import calculating_pool
from tscreen.model.reactions.data import by_hash
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import fragments_of
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import TYPES, with_column
from tscreen.screen.errors import UsageError

NAME = "name"
"""Of a transition state without a `reaction_id`, and of a molecule."""
REACTANTS, PRODUCTS = "barrier_reactants", "reverse_barrier_reactants"
"""Columns that name the molecules of a side, with a plus between them."""
SET_ASIDE_PERCENT = 10


@dataclass(frozen=True)
class PreparedTable:
    """A table with both sides of every reaction, and why each other row was left out."""

    table: pa.Table
    left_out: list[str]


def prepare(
    transition_states: Path,
    molecules: Path | None = None,
    *,
    threads: int | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> PreparedTable:
    """Find the sides that a table of transition states lacks, on the surface of GFN2-xTB.

    Args:
        transition_states: Parquet file with `atomic_numbers`, `ts_positions` (Å), `reaction_id` or
            `name`, and where they are known `charge`, `multiplicity`, `barrier_kcal_mol`,
            `barrier_level` or `level`, `split` and the reactant's positions and fragments. Where
            all rows are `train`, or none is anything, a tenth becomes `val`, by hash of the id.
        molecules: Parquet file with `name`, `atomic_numbers` and `positions` of the molecules that
            the columns `barrier_reactants` and `reverse_barrier_reactants` name: a reaction whose
            path ends at others is left out. Their geometries stand in `reactant_minimum` and
            `product_minimum`; those of the sides themselves are of GFN2-xTB where `relaxed_sides`
            says so.
        threads: of the processor, None for one for each core.
        on_progress: is told which share is done.

    Raises:
        UsageError: a file cannot be read or lacks a column.
    """
    table = _read(transition_states, (c.ATOMIC_NUMBERS, c.TS_POSITIONS))
    if c.REACTION_ID not in table.column_names:
        if NAME not in table.column_names:
            raise UsageError(f"{transition_states} has neither '{c.REACTION_ID}' nor '{NAME}'")
        table = table.append_column(c.REACTION_ID, table[NAME])
    known = _molecules(molecules) if molecules else {}
    rows, left_out, lone = [], [], []
    for number, row in enumerate(table.to_pylist()):
        try:
            lone.append(_lone(row, known))
            rows.append(number)
        except ValueError as error:
            left_out.append(f"reaction '{row[c.REACTION_ID]}': {error}")
    found: dict[int, tuple[SideGeometry, SideGeometry]] = {}
    with calculating_pool(threads) as pool:
        answers = pool.map(_sides, lone, chunksize=4)
        for done, (number, answer) in enumerate(zip(rows, answers, strict=True), 1):
            if isinstance(answer, CalculationError):
                name = table[c.REACTION_ID][number]
                left_out.append(f"reaction '{name}': {answer.message}")
            else:
                found[number] = answer
            on_progress(done / len(rows))
    return PreparedTable(_with_sides(table, found), left_out)


def _read(path: Path, needed: Sequence[str]) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UsageError(f"{path} cannot be read as Parquet: {error}") from error
    for name in needed:
        if name not in table.column_names:
            raise UsageError(
                f"{path} has no column '{name}'; it has {', '.join(table.schema.names)}"
            )
    return table


def _molecules(path: Path) -> dict[str, NamedMolecule]:
    table = _read(path, (NAME, c.ATOMIC_NUMBERS, "positions"))
    return {
        row[NAME]: NamedMolecule(np.array(row[c.ATOMIC_NUMBERS]), np.array(row["positions"]))
        for row in table.to_pylist()
    }


def _lone(row: Mapping[str, Any], molecules: Mapping[str, NamedMolecule]) -> LoneTransitionState:
    """A row as a transition state.

    Raises:
        ValueError: it lacks its geometry, or names a molecule that is not in the table of these.
    """
    numbers = np.array(row[c.ATOMIC_NUMBERS] or [], np.uint8)
    positions = np.array(row[c.TS_POSITIONS] or [], float)
    if positions.shape != (len(numbers), 3) or len(numbers) < 2 or not np.isfinite(positions).all():
        raise ValueError(f"column '{c.TS_POSITIONS}' must hold a position for each of its atoms")
    return LoneTransitionState(
        row[c.REACTION_ID],
        numbers,
        positions,
        row.get(c.CHARGE) or 0,
        row.get(c.MULTIPLICITY) or 1,
        _reactant(row, numbers),
        _named(row, REACTANTS, molecules),
        _named(row, PRODUCTS, molecules),
    )


def _reactant(row: Mapping[str, Any], numbers: np.ndarray) -> SideGeometry | None:
    given = row.get(c.REACTANT_POSITIONS)
    if given is None:
        return None
    positions = np.array(given, float)
    fragments = row.get(c.REACTANT_FRAGMENTS)
    if fragments is None:
        return SideGeometry(positions, fragments_of(numbers, positions))
    return SideGeometry(positions, np.array(fragments, np.uint8))


def _named(
    row: Mapping[str, Any], column: str, molecules: Mapping[str, NamedMolecule]
) -> tuple[NamedMolecule, ...] | None:
    names = row.get(column)
    if not names or not molecules:
        return None
    parts = [part.strip() for part in names.split("+")]
    if unknown := [part for part in parts if part not in molecules]:
        raise ValueError(f"column '{column}' names '{unknown[0]}', which the molecules lack")
    return tuple(molecules[part] for part in parts)


def _sides(ts: LoneTransitionState) -> tuple[SideGeometry, SideGeometry] | CalculationError:
    try:
        return both_sides(ts)
    except CalculationError as error:
        return error


def _with_sides(
    table: pa.Table, found: Mapping[int, tuple[SideGeometry, SideGeometry]]
) -> pa.Table:
    """The rows of which both sides were found, with the columns of the input contract."""
    table = table.take(pa.array(list(found), pa.int64()))
    reactants, products = [r for r, _ in found.values()], [p for _, p in found.values()]
    cells: dict[str, pa.Array] = {
        c.REACTION_ID: table[c.REACTION_ID].combine_chunks(),
        c.ATOMIC_NUMBERS: table[c.ATOMIC_NUMBERS].combine_chunks(),
        c.REACTANT_POSITIONS: positions_array([r.positions for r in reactants]),
        c.PRODUCT_POSITIONS: positions_array([p.positions for p in products]),
        c.REACTANT_FRAGMENTS: pa.array(
            [r.fragments for r in reactants], TYPES[c.REACTANT_FRAGMENTS]
        ),
        c.PRODUCT_FRAGMENTS: pa.array([p.fragments for p in products], TYPES[c.PRODUCT_FRAGMENTS]),
        c.CHARGE: _given(table, c.CHARGE, 0),
        c.MULTIPLICITY: _given(table, c.MULTIPLICITY, 1),
    }
    sides = [(("reactant", r.relaxed), ("product", p.relaxed)) for r, p in found.values()]
    relaxed = [[name for name, is_so in pair if is_so] for pair in sides]
    for name, column in cells.items():
        table = with_column(table, name, column)
    of_reference = {c.RELAXED_SIDES: pa.array(relaxed, pa.list_(pa.string()))}
    for name, geometries in zip(c.MINIMA, (reactants, products), strict=True):
        of_reference[name] = positions_array([one.minimum for one in geometries])
    table = table.drop_columns([name for name in of_reference if name in table.column_names])
    for name, column in of_reference.items():
        table = table.append_column(name, column)
    if c.BARRIER_LEVEL not in table.column_names and "level" in table.column_names:
        table = table.append_column(c.BARRIER_LEVEL, table["level"])
    return _with_split(table)


def _given(table: pa.Table, name: str, default: int) -> pa.Array:
    cells = table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
    return pa.array([default if cell is None else cell for cell in cells], TYPES[name])


def _with_split(table: pa.Table) -> pa.Table:
    """Some rows set aside where the table itself sets none aside."""
    if c.SPLIT in table.column_names:
        if set(table[c.SPLIT].to_pylist()) - {"train", None}:
            return table
        table = table.drop_columns([c.SPLIT])
    names = table[c.REACTION_ID].to_pylist()
    # The last ones: the first ones are those that training keeps for the scorers.
    aside = [by_hash(name) >= 100 - SET_ASIDE_PERCENT for name in names]
    return table.append_column(c.SPLIT, pa.array(["val" if one else "train" for one in aside]))
