"""Hand a run's structures to other programs: XYZ frames, an ASE database, a chemiscope map."""

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ase.db
import ase.io
from ase.db.core import convert_str_to_int_float_bool_or_str, reserved_keys

from tscreen.schemas import columns as c
from tscreen.screen.analysis.frames import Row, frames, scalars
from tscreen.screen.analysis.query import asked
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.xyz import SIDE, TS
from tscreen.screen.storage.location import LocationLike

Write = Callable[[Iterable[Row], Path], None]
MAP_AXES = {"x": c.BARRIER, "y": c.P_GOOD, "map_color": c.EXPECTED_RMSD}


def export(
    out: LocationLike,
    file: Path,
    condition: str | None,
    follow: Callable[[int, Iterable[Row]], Iterable[Row]],
) -> int:
    """Write the results of a run to a file in the format that its suffix names.

    Args:
        out: folder of a run.
        file: the new file; it is whole or not there.
        condition: SQL condition on the columns of the results; None for all rows.
        follow: is given the number of rows and the rows, and passes them on.

    Returns:
        The number of reactions written.

    Raises:
        UsageError: there is no such run, condition, format or row, or the file exists.
    """
    write = _writer(file)
    if file.exists():
        raise UsageError(f"'{file}' exists already; remove it or name another")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder '{file.parent}'; make it or name another")
    # The line break ends a comment in the condition.
    chosen = f"(SELECT * FROM results WHERE ({True if condition is None else condition}\n))"
    with asked(out, f"SELECT count(*) FROM {chosen}") as answer:
        ((n_rows,),) = answer.rows
    if not n_rows:
        meets = f" meets the filter {condition!r}" if condition else ""
        raise UsageError(f"no result in '{out}'{meets}")
    with (
        tempfile.TemporaryDirectory(dir=file.parent) as unfinished,
        asked(out, f"FROM {chosen}") as answer,
    ):
        rows = (dict(zip(answer.names, row, strict=True)) for row in answer.rows)
        write(follow(n_rows, rows), Path(unfinished, file.name))
        Path(unfinished, file.name).replace(file)
    return n_rows


def _writer(file: Path) -> Write:
    for suffix, write in WRITERS.items():
        if file.name.lower().endswith(suffix):
            return write
    raise UsageError(f"'{file}' names no format; end it in {', '.join(WRITERS)}")


def write_xyz(rows: Iterable[Row], file: Path) -> None:
    """Extended XYZ frames of reactant, TS and product, which `tscreen run` reads too."""
    with file.open("w") as stream:
        for row in rows:
            structures = frames(row)
            for atoms in structures:
                atoms.info = {_word(name): _line(cell) for name, cell in atoms.info.items()}
            ase.io.write(stream, structures, format="extxyz")


def _line(cell: Any) -> Any:
    """Text on one line, with the backslashes doubled that ASE takes away when it reads."""
    return re.sub(r"[^\S ]", " ", cell).replace("\\", "\\\\") if isinstance(cell, str) else cell


def write_ase_db(rows: Iterable[Row], file: Path) -> None:
    """An ASE database of reactants, TSs and products, to be searched by `reaction_id` and tags.

    ASE wants keys that are words, and text that looks like a number to be one; `data` of an entry
    holds all cells as they are.
    """
    with ase.db.connect(file, type="db") as database:
        for row in rows:
            for atoms in frames(row):
                keys = {_key(name): _as_ase_has_it(cell) for name, cell in atoms.info.items()}
                data = atoms.info | {
                    name: array for name, array in atoms.arrays.items() if name == c.IMAGINARY_MODE
                }
                database.write(atoms, key_value_pairs=keys, data=data)


def _key(name: str) -> str:
    word = _word(name)
    taken = word in reserved_keys or word == c.CHARGE or not word[0].isalpha()
    return f"tag_{word}" if taken else word


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def _as_ase_has_it(cell: Any) -> Any:
    return convert_str_to_int_float_bool_or_str(cell) if isinstance(cell, str) else cell


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
    column = c.COLUMNS.get(name)
    return {} if column is None else {"units": column.unit, "description": column.description}


def _values(cells: list[Any]) -> list[Any]:
    """All text or all numbers, as chemiscope wants them; points without a number are hidden."""
    if any(isinstance(cell, str) for cell in cells):
        return ["" if cell is None else str(cell) for cell in cells]
    return [float("nan") if cell is None else float(cell) for cell in cells]


WRITERS: dict[str, Write] = {
    ".xyz": write_xyz,
    ".extxyz": write_xyz,
    ".db": write_ase_db,
    ".json": write_chemiscope,
    ".json.gz": write_chemiscope,
}
