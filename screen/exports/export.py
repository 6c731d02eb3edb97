"""Hand a run to other programs, in the format that the name of a file tells."""

import tempfile
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

from tscreen.schemas import columns as c
from tscreen.screen.analysis.query import asked, counted, results_where
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.ase_files import write_ase_db, write_trajectory
from tscreen.screen.exports.chemiscope_map import write_chemiscope
from tscreen.screen.exports.frames import Row
from tscreen.screen.exports.molden import write_molden
from tscreen.screen.exports.sdf import write_sdf
from tscreen.screen.exports.tables import write_csv, write_json_lines
from tscreen.screen.exports.xyz import write_paths, write_xyz
from tscreen.screen.storage.location import LocationLike

Write = Callable[[Iterable[Row], Path], None]


class What(StrEnum):
    """What is written of the chosen reactions."""

    REACTIONS = "reactions"  # their structures and results
    PATHS = "paths"  # the ways down from their saddle points


WRITERS: dict[What, dict[str, Write]] = {
    What.REACTIONS: {
        ".xyz": write_xyz,
        ".extxyz": write_xyz,
        ".sdf": write_sdf,
        ".csv": write_csv,
        ".jsonl": write_json_lines,
        ".db": write_ase_db,
        ".traj": write_trajectory,
        ".molden": write_molden,
        ".json": write_chemiscope,
        ".json.gz": write_chemiscope,
    },
    What.PATHS: {".xyz": write_paths, ".extxyz": write_paths},
}


def export(
    out: LocationLike,
    file: Path,
    condition: str | None,
    follow: Callable[[int, Iterable[Row]], Iterable[Row]],
    what: What = What.REACTIONS,
) -> int:
    """Write some of a run to a file in the format that its suffix names.

    Args:
        out: folder of a run.
        file: the new file; it is whole or not there.
        condition: SQL condition on the columns of the results; None for all rows.
        follow: is given the number of rows and the rows, and passes them on.
        what: is written of the reactions.

    Returns:
        The number of reactions or of paths written.

    Raises:
        UsageError: there is no such run, condition, format or row, or the file exists.
    """
    write = _writer(file, what)
    if file.exists():
        raise UsageError(f"'{file}' exists already; remove it or name another")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder '{file.parent}'; make it or name another")
    chosen = results_where(condition)
    if what is What.PATHS:
        with_atoms = f"SELECT {c.REACTION_ID}, {c.ATOMIC_NUMBERS} FROM {chosen}"
        chosen = f"(SELECT * FROM paths JOIN ({with_atoms}) USING ({c.REACTION_ID}))"
    row = "result" if what is What.REACTIONS else "path"
    n_rows = counted(out, chosen, row, condition)
    with (
        tempfile.TemporaryDirectory(dir=file.parent) as unfinished,
        asked(out, f"FROM {chosen}") as answer,
    ):
        rows = (dict(zip(answer.names, row, strict=True)) for row in answer.rows)
        write(follow(n_rows, rows), Path(unfinished, file.name))
        Path(unfinished, file.name).replace(file)
    return n_rows


def _writer(file: Path, what: What) -> Write:
    for suffix, write in WRITERS[what].items():
        if file.name.lower().endswith(suffix):
            return write
    raise UsageError(f"'{file}' names no format of {what}; end it in {', '.join(WRITERS[what])}")
