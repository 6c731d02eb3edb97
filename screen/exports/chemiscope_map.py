"""A map for chemiscope."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.frames import Row, frames, scalars
from tscreen.screen.inputs.xyz import SIDE, TS

MAP_AXES = {"x": c.BARRIER, "y": c.P_GOOD, "map_color": c.EXPECTED_RMSD}


def write_chemiscope(rows: Iterable[Row], file: Path) -> None:
    """A chemiscope data set with one point for each TS; rows without one are left out.

    Raises:
        UsageError: chemiscope is not installed, or no row has a TS.
    """
    try:
        import chemiscope
    except ImportError as error:
        raise UsageError(
            "this format needs chemiscope: pip install 'tscreen[chemiscope]'"
        ) from error
    states, cells = [], []
    for row in rows:
        for atoms in frames(row):
            if atoms.info[SIDE] == TS:
                states.append(atoms)
                cells.append(scalars(row))
    if not states:
        raise UsageError("no reaction has a TS to show; choose others with --filter")
    names = dict.fromkeys(name for row in cells for name in row)
    properties = {
        name: {"target": "structure", "values": _values([row.get(name) for row in cells])}
        | _meaning(name)
        for name in names
    }
    axes = {axis: name for axis, name in MAP_AXES.items() if name in names}
    settings = chemiscope.quick_settings(**axes)
    chemiscope.write_input(str(file), states, properties=properties, settings=settings)


def _meaning(name: str) -> dict[str, str]:
    """The unit and the description of a property; nothing of a tag."""
    column = c.COLUMNS[name] if name in TYPES else None
    return {} if column is None else {"units": column.unit, "description": column.description}


def _values(cells: list[Any]) -> list[Any]:
    """All text or all numbers, as chemiscope wants them; points without a number are hidden."""
    if any(isinstance(cell, str) for cell in cells):
        return ["" if cell is None else str(cell) for cell in cells]
    return [float("nan") if cell is None else float(cell) for cell in cells]
