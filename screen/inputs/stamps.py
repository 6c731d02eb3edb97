"""Tell whether a file of the input is still the one that was planned.

A file is what it holds: one that was copied, restored or touched is the same. Of a Parquet file its
footer is enough to tell, as that says where and how large each page is, and of many what lies in
it; of any other all is read. While a run goes on, a time of change that is still the same saves
reading such a file again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tscreen.screen.storage.location import Location

FOOTER_MAGIC = b"PAR1"


class Identity(NamedTuple):
    """What a file is known by: bytes, and the digest of its content or footer.

    Both are None where it is gone.
    """

    size: int | None
    digest: str | None


class Stamp(NamedTuple):
    """A file at one moment: what it is, and when it had changed, in nanoseconds."""

    identity: Identity
    changed: int | None


Stamps = Mapping[str, Stamp]
"""By the name of the file."""


class ChangedInputError(RuntimeError):
    """Rows that are read now would belong to another input than those before."""


def stamp_of(file: Location) -> Stamp:
    """What a file is now; it may be gone or broken."""
    info = file.info
    try:
        digest = _footer(file) if file.suffix == ".parquet" else _content(file)
    except OSError:
        digest = None
    return Stamp(Identity(info.size, digest), info.mtime_ns)


def refuse_changed(files: Iterable[str], planned: Stamps) -> None:
    """Compare files with their stamps; to be called after they were read.

    Raises:
        ChangedInputError: one has changed.
    """
    for name in files:
        if not _is(Location(name), planned[name]):
            raise ChangedInputError(
                f"'{name}' has changed, or was replaced, after the run was planned, so that old "
                "and new rows would mix; screen it again into another --out"
            )


def _is(file: Location, planned: Stamp) -> bool:
    info = file.info
    if info.size != planned.identity.size:
        return False
    untouched = info.mtime_ns is not None and info.mtime_ns == planned.changed
    if untouched and file.suffix != ".parquet":
        return True
    return stamp_of(file).identity == planned.identity


def _content(file: Location) -> str:
    with file.open() as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _footer(file: Location) -> str | None:
    with file.open() as opened:
        end = opened.size() - 8
        if end < 0:
            return None
        opened.seek(end)
        tail = opened.read(8)
        if not tail.endswith(FOOTER_MAGIC):
            return None
        opened.seek(max(0, end - int.from_bytes(tail[:4], "little")))
        return hashlib.sha256(opened.read()).hexdigest()
