"""Tell whether a file of the input is still the one that was planned."""

import hashlib
from collections.abc import Iterable, Mapping

from tscreen.screen.storage.location import Location

FOOTER_MAGIC = b"PAR1"

Stamp = tuple[int | None, int | None, str | None]
"""Bytes, time of change in nanoseconds, and the digest of the footer of a Parquet file."""
Stamps = Mapping[str, Stamp]
"""By the name of the file."""


class ChangedInputError(RuntimeError):
    """Rows that are read now would belong to another input than those before."""


def stamp_of(file: Location) -> Stamp:
    """What a file is known by; it may be gone or broken."""
    info = file.info
    try:
        footer = _footer(file)
    except OSError:
        footer = None
    return info.size, info.mtime_ns, footer


def refuse_changed(files: Iterable[str], planned: Stamps) -> None:
    """Compare files with their stamps; to be called after they were read.

    Raises:
        ChangedInputError: one has changed.
    """
    for name in files:
        if stamp_of(Location(name)) != planned[name]:
            raise ChangedInputError(
                f"'{name}' has changed, or was replaced, after the run was planned, so that old "
                "and new rows would mix; screen it again into another --out"
            )


def _footer(file: Location) -> str | None:
    if file.suffix != ".parquet":
        return None
    with file.open() as opened:
        end = opened.size() - 8
        if end < 0:
            return None
        opened.seek(end)
        tail = opened.read(8)
        if not tail.endswith(FOOTER_MAGIC):
            return None
        opened.seek(max(0, end - int.from_bytes(tail[:4], "little")))
        return hashlib.sha256(opened.read()).hexdigest()[:16]
