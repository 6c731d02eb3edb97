"""Molden: one TS with its imaginary mode, which Avogadro, Jmol and others let vibrate."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from ase.units import Bohr

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.frames import Row
from tscreen.screen.views.shown import visible


def write_molden(rows: Iterable[Row], file: Path) -> None:
    """The TS of one reaction and its imaginary mode.

    Raises:
        UsageError: there are several reactions, or this one has no saddle point.
    """
    first, *others = rows
    name = first[c.REACTION_ID]
    if others:
        raise UsageError(
            f"a Molden file holds one reaction, not {1 + len(others)}; choose it, as by --filter "
            f"\"{c.REACTION_ID} = '{name}'\""
        )
    if first[c.IMAGINARY_MODE] is None:
        raise UsageError(f"reaction '{name}' has no imaginary mode: no saddle point was taken")
    file.write_text(_text(first))


def _text(row: Row) -> str:
    symbols = [SYMBOLS[z] for z in row[c.ATOMIC_NUMBERS]]
    positions = np.array(row[c.TS_POSITIONS])
    mode = np.array(row[c.IMAGINARY_MODE])
    atoms = zip(symbols, row[c.ATOMIC_NUMBERS], positions, strict=True)
    lines = ["[Molden Format]", "[Title]", visible(row[c.REACTION_ID]), "[Atoms] Angs"]
    lines += [f"{s:<2} {n:4d} {z:3d} {_three(x)}" for n, (s, z, x) in enumerate(atoms, 1)]
    lines += ["[FREQ]", f"{-row[c.IMAGINARY_FREQUENCY]:.2f}", "[FR-COORD]"]
    lines += [f"{s:<2} {_three(x)}" for s, x in zip(symbols, positions / Bohr, strict=True)]
    lines += ["[FR-NORM-COORD]", "vibration 1", *map(_three, mode / Bohr)]
    return "\n".join([*lines, ""])


def _three(numbers: np.ndarray) -> str:
    return " ".join(f"{number:14.8f}" for number in numbers)
