"""Reactions that come on the standard input."""

import sys
from pathlib import Path

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location, LocationLike

STANDARD_INPUT = "-"
NAME = "stdin"


def input_of(given: LocationLike, out: Location) -> Location:
    """The input that a user names, `-` being what comes on the standard input.

    That is kept in the run's folder, where workers read it and a run that goes on finds it.

    Raises:
        UsageError: nothing comes, or it cannot be kept.
    """
    if str(given) != STANDARD_INPUT:
        return Location.at(given)
    data = sys.stdin.buffer.read()
    kept = [file for file in out.files() if Path(file.base).stem == NAME]
    if not data and not kept:
        raise UsageError(
            "nothing comes on the standard input; pipe a table into it, or name a file"
        )
    if not data or (kept and kept[0].read() == data):
        return kept[0]
    out.put_where_told(NAME + _ending(data), data)
    return out / (NAME + _ending(data))


def _ending(data: bytes) -> str:
    """That of a file which holds this."""
    first = data.lstrip().partition(b"\n")[0].strip()
    if data.startswith(b"PAR1"):
        return ".parquet"
    if first.isdigit():
        return ".xyz"
    if first.startswith((b"@<TRIPOS>", b"#")):
        return ".mol2"
    return ".sdf" if b"M  END" in data else ".csv"
