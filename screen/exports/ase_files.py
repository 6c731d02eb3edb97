"""ASE's own files: a database, a trajectory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ase.db
import numpy as np
from ase import Atoms
from ase.db.core import convert_str_to_int_float_bool_or_str, reserved_keys
from ase.io.trajectory import Trajectory

from tscreen.schemas import columns as c
from tscreen.screen.exports.frames import Row, frames, word


def write_ase_db(rows: Iterable[Row], file: Path) -> None:
    """An ASE database of reactants, TSs and products, to be searched by `reaction_id` and tags.

    ASE wants keys that are words, and text that looks like a number to be one; `data` of an entry
    holds all cells as they are.
    """
    with ase.db.connect(file, type="db") as database:
        for row in rows:
            for atoms in frames(row):
                keys = {
                    _key(name): _as_ase_has_it(cell)
                    for name, cell in atoms.info.items()
                    if not isinstance(cell, np.ndarray)
                }
                data = atoms.info | {name: atoms.arrays[name] for name in _added(atoms)}
                database.write(atoms, key_value_pairs=keys, data=data)


def write_trajectory(rows: Iterable[Row], file: Path) -> None:
    """Reactants, TSs and products, as the frames of XYZ.

    A trajectory keeps no arrays but its own, so vectors of atoms are in the `info` of a frame.
    """
    with Trajectory(str(file), "w") as trajectory:
        for row in rows:
            for atoms in frames(row):
                atoms.info |= {name: atoms.arrays.pop(name) for name in _added(atoms)}
                trajectory.write(atoms)


def _added(atoms: Atoms) -> list[str]:
    """Names of the vectors of atoms that ASE itself does not know."""
    return [name for name in atoms.arrays if name not in ("numbers", "positions")]


def _key(name: str) -> str:
    key = word(name)
    taken = key in reserved_keys or key == c.CHARGE or not key[0].isalpha()
    return f"tag_{key}" if taken else key


def _as_ase_has_it(cell: Any) -> Any:
    return convert_str_to_int_float_bool_or_str(cell) if isinstance(cell, str) else cell
