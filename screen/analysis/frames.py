"""A result as structures of ASE: the reactant, the transition state and the product."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from tscreen.schemas import columns as c
from tscreen.screen.inputs.xyz import PRODUCT, REACTANT, SIDE, TS

POSITIONS_OF = {
    REACTANT: c.REACTANT_POSITIONS,
    TS: c.TS_POSITIONS,
    PRODUCT: c.PRODUCT_POSITIONS,
}
LISTS = {*c.STRUCTURE, *c.STATES, c.TS_POSITIONS, c.IMAGINARY_MODE}
OF_THE_REACTION = {c.REACTION_ID, c.CHARGE, c.MULTIPLICITY, c.SMILES}

Row = Mapping[str, Any]


def frames(row: Row) -> list[Atoms]:
    """The structures of one result.

    Args:
        row: cells by column; a null TS, as some failed rows have, is left out.

    Returns:
        Reactant, TS, product. `info` holds `reaction_id`, `side`, charge, multiplicity and tags;
        that of the TS also the results. The imaginary mode is an array of the TS.
    """
    cells = scalars(row)
    given = {name: cell for name, cell in cells.items() if _is_given(name)}
    structures = []
    for side, column in POSITIONS_OF.items():
        if row[column] is None:
            continue
        info = {c.REACTION_ID: row[c.REACTION_ID], SIDE: side} | (cells if side == TS else given)
        atoms = Atoms(row[c.ATOMIC_NUMBERS], positions=row[column], info=info)
        if side == TS and row[c.IMAGINARY_MODE] is not None:
            atoms.set_array(c.IMAGINARY_MODE, np.array(row[c.IMAGINARY_MODE], float))
        structures.append(atoms)
    return structures


def scalars(row: Row) -> dict[str, Any]:
    """The cells of a row that are numbers or text; what is neither is told as text.

    Nulls, numbers that are not finite and warnings where there are none are left out.
    """
    row = {**row, c.WARNINGS: ", ".join(row.get(c.WARNINGS) or []) or None}
    return {
        name: cell if isinstance(cell, bool | int | float) else str(cell)
        for name, cell in row.items()
        if name not in LISTS and cell is not None and not _is_odd(cell)
    }


def _is_odd(cell: Any) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _is_given(name: str) -> bool:
    return name in OF_THE_REACTION or name not in c.RESULT
