"""Digests of the files that a run has written, by which a later look tells that one has changed.

Parquet's own checksums cover the pages of a file, but not its end, which says where they lie and
what their columns are called. Digests are kept as `sha256sum` writes them, so that `sha256sum -c`
in the run's folder compares them too.
"""

import hashlib
from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from tscreen.screen.storage.ahead import ahead
from tscreen.screen.storage.location import Location

SUMS = "SHA256SUMS"
"""Of all files of a finished run."""

Digests = Mapping[str, str]
"""By the name of the file within the run's folder."""


def digest(data: bytes | pa.Buffer) -> str:
    """That of a file's content."""
    return hashlib.sha256(data).hexdigest()


def digest_of(file: Location) -> str:
    """That of a file.

    Raises:
        OSError: it cannot be read.
    """
    with file.open() as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def as_sums(digests: Digests) -> bytes:
    """What `digests_in` reads."""
    return "".join(f"{told}  {name}\n" for name, told in digests.items()).encode()


def digests_in(sums: Location) -> Digests:
    """What `as_sums` has written.

    Raises:
        OSError: it cannot be read.
        ValueError: it is something else, or empty.
    """
    lines = [line.split("  ", 1) for line in sums.read().decode().splitlines()]
    if not lines or {len(line) for line in lines} != {2}:
        raise ValueError(f"'{sums}' holds no digests")
    return {name: told for told, name in lines}


def is_whole(sums: Location, out: Location) -> bool:
    """Whether the files of which digests are kept are all as they were written."""
    try:
        return all(digest_of(out / name) == told for name, told in digests_in(sums).items())
    except (OSError, ValueError):
        return False


def intact(receipts: Location, out: Location) -> set[str]:
    """The names of the files in a folder that are digests of files that are whole."""
    listed = receipts.files()
    found = ahead(partial(is_whole, out=out), listed)
    return {one.base for one, whole in zip(listed, found, strict=True) if whole}
