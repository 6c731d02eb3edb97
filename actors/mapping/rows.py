"""Rows whose structures were given by the user, each atom the same one on both sides."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tscreen.actors.mapping.structures import NoMappingError, Structure, judged_order
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES, with_column
from tscreen.schemas.validate import validate

CHANGED = (
    c.PRODUCT_POSITIONS,
    c.PRODUCT_FRAGMENTS,
    c.PRODUCT_ORDER,
    c.FEWER_BOND_CHANGES,
    c.REJECT_CODE,
    c.REJECT_MESSAGE,
)
MAP_NUMBER = re.compile(r":\d+\]")
REMEDY = (
    "look whether it is one elementary step of the same atoms; where it is, give its atom-mapped "
    "SMILES too, and the order is taken as it stands"
)


def checked(table: pa.Table, *, max_atoms: int) -> pa.Table:
    """Every row against the contract, and its atoms in order; see `validate` and `with_order`."""
    return with_order(validate(table, max_atoms=max_atoms))


def with_order(table: pa.Table) -> pa.Table:
    """Validated rows, the product's atoms in the order of the reactant's.

    Rows whose order is beyond repair are rejected, unless an atom-mapped SMILES vouches for it.
    What was built from a SMILES has the order of its map and stays as it is.
    """
    rows = np.flatnonzero(_given(table)).tolist()
    if not rows:
        return table
    changed: dict[str, dict[int, Any]] = {name: {} for name in CHANGED}
    orders, smiles = _cells(table, c.PRODUCT_ORDER), _cells(table, c.SMILES)
    for row, reaction in zip(rows, reactions_of(table.take(pa.array(rows))), strict=True):
        try:
            order, changed[c.FEWER_BOND_CHANGES][row] = judged_order(*_sides(reaction))
        except NoMappingError as error:
            if not MAP_NUMBER.search(smiles[row] or ""):
                changed[c.REJECT_CODE][row] = str(RejectCode.NO_MAPPING)
                changed[c.REJECT_MESSAGE][row] = (
                    f"reaction '{reaction.reaction_id}': {error}; {REMEDY}"
                )
            continue
        if order is not None:
            changed[c.PRODUCT_POSITIONS][row] = reaction.product_positions[order].tolist()
            changed[c.PRODUCT_FRAGMENTS][row] = reaction.product_fragments[order].tolist()
            before = orders[row] or range(len(order))  # as the reader left it
            changed[c.PRODUCT_ORDER][row] = [before[atom] for atom in order.tolist()]
    for name, found in changed.items():
        if found or name not in table.column_names:  # else the column stays as it is
            cells = [found.get(row, cell) for row, cell in enumerate(_cells(table, name))]
            table = with_column(table, name, pa.array(cells, TYPES[name]))
    return table


def _cells(table: pa.Table, name: str) -> list:
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


def _given(table: pa.Table) -> np.ndarray:
    """Good rows that came with their structures."""
    good = pc.is_null(table[c.REJECT_CODE])
    if c.BUILD_S in table.column_names:
        good = pc.and_(good, pc.equal(pc.fill_null(table[c.BUILD_S], 0.0), 0.0))
    return good.to_numpy()


def _sides(r: Reaction) -> tuple[Structure, Structure]:
    return (
        Structure(r.atomic_numbers, r.reactant_positions.astype(float), r.reactant_fragments),
        Structure(r.atomic_numbers, r.product_positions.astype(float), r.product_fragments),
    )
