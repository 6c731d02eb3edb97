"""Extended XYZ: the structures of reactions, and the paths down from their saddle points."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ase.io
from ase import Atoms

from tscreen.schemas import columns as c
from tscreen.screen.exports.frames import Row, frames, word

FRAME, ENERGY = "path_frame", "energy_kcal_mol"


def write_xyz(rows: Iterable[Row], file: Path) -> None:
    """Extended XYZ frames of reactant, TS and product, which `tscreen run` reads too."""
    with file.open("w") as stream:
        for row in rows:
            structures = frames(row)
            for atoms in structures:
                atoms.info = {word(name): _line(cell) for name, cell in atoms.info.items()}
            ase.io.write(stream, structures, format="extxyz")


def _line(cell: Any) -> Any:
    """Text on one line, with the backslashes doubled that ASE takes away when it reads."""
    return re.sub(r"[^\S ]", " ", cell).replace("\\", "\\\\") if isinstance(cell, str) else cell


def write_paths(rows: Iterable[Row], file: Path) -> None:
    """Every frame of every path, from the reactant's end to the product's.

    Args:
        rows: of the paths, with `atomic_numbers`.
        file: to write.
    """
    with file.open("w") as stream:
        for row in rows:
            steps = zip(row[c.PATH_POSITIONS], row[c.PATH_ENERGIES], strict=True)
            told = {name: row[name] for name in (c.CANDIDATE_RANK, c.ENERGY_LEVEL)}
            ase.io.write(
                stream,
                [
                    Atoms(
                        row[c.ATOMIC_NUMBERS],
                        positions,
                        info={
                            c.REACTION_ID: _line(row[c.REACTION_ID]),
                            **told,
                            FRAME: number,
                            ENERGY: energy,
                        },
                    )
                    for number, (positions, energy) in enumerate(steps)
                ],
                format="extxyz",
            )
