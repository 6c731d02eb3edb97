"""A result as structures of ASE: the reactant, the transition state and the product."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.inputs.xyz import PRODUCT, REACTANT, SIDE, TS

POSITIONS_OF = {
    REACTANT: c.REACTANT_POSITIONS,
    TS: c.TS_POSITIONS,
    PRODUCT: c.PRODUCT_POSITIONS,
}
LISTS = {*c.STRUCTURE, *c.STATES, c.TS_POSITIONS, c.IMAGINARY_MODE}
OF_THE_REACTION = {c.REACTION_ID, c.CHARGE, c.MULTIPLICITY, c.SMILES}

MATRIX = 2
"""Dimensions of what extended XYZ can hold."""

Row = Mapping[str, Any]


def frames(row: Row) -> list[Atoms]:
    """The structures of one result.

    Args:
        row: cells by column; a null TS, as some failed rows have, is left out.

    Returns:
        Reactant, TS, product. `info` holds `reaction_id`, `side`, charge, multiplicity and tags;
        that of the TS also the results. The imaginary mode is an array of the TS. Tags that are
        vectors are arrays of all structures where they have a number or a vector for each atom.
    """
    cells = scalars(row)
    vectors = {
        name: array for name, cell in row.items() if (array := _vector(name, cell)) is not None
    }
    cells |= {
        name: array for name, array in vectors.items() if len(array) != len(row[c.ATOMIC_NUMBERS])
    }
    given = {name: cell for name, cell in cells.items() if _is_given(name)}
    structures = []
    for side, column in POSITIONS_OF.items():
        if row[column] is None:
            continue
        info = {c.REACTION_ID: row[c.REACTION_ID], SIDE: side} | (cells if side == TS else given)
        atoms = Atoms(row[c.ATOMIC_NUMBERS], positions=row[column], info=info)
        for name, array in vectors.items():
            if len(array) == len(atoms):
                taken = word(name) in atoms.arrays
                atoms.set_array(f"tag_{word(name)}" if taken else word(name), array)
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
        if name not in LISTS
        and cell is not None
        and not _is_odd(cell)
        and _vector(name, cell) is None
    }


def word(name: str) -> str:
    """A name without what ends one in the formats of ASE."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def _vector(name: str, cell: Any) -> np.ndarray | None:
    """A tag that is a list of numbers, or of vectors of one length; None for all else."""
    if name in TYPES or not isinstance(cell, list | tuple) or not cell:
        return None
    try:
        array = np.array(cell)
    except ValueError:  # of different lengths
        return None
    return array if array.dtype.kind in "iufb" and array.ndim <= MATRIX else None


def _is_odd(cell: Any) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _is_given(name: str) -> bool:
    return name in OF_THE_REACTION or name not in TYPES
