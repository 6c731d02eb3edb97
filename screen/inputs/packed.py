"""What a file of the input holds, unpacked where its name ends in `.gz`."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import PurePosixPath
from typing import BinaryIO

from tscreen.screen.storage.location import Location

PACKED = ".gz"


def kind_of(location: Location) -> str:
    """The ending that tells the format, such as `.csv` of `in.csv.gz`.

    A packed Parquet file or database could not be read in parts, so it is of no known kind.
    """
    if location.suffix != PACKED:
        return location.suffix
    inner = PurePosixPath(location.base[: -len(PACKED)]).suffix.lower()
    return PACKED if inner in (".parquet", ".db") else inner


def stem_of(path: str) -> str:
    """The name of a file without endings."""
    location = Location(path)
    base = location.base[: -len(PACKED)] if location.suffix == PACKED else location.base
    return PurePosixPath(base).stem


@contextmanager
def opened(location: Location) -> Iterator[BinaryIO]:
    """The file, open for reading anywhere in it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is packed, and broken.
    """
    if location.suffix == PACKED:
        yield io.BytesIO(_unpacked(location, location.info.mtime_ns))
        return
    with location.open() as file, io.BufferedReader(file) as buffered:
        yield buffered


def content(location: Location, start: int = 0, stop: int | None = None) -> bytes:
    """The bytes of a file, or some of them.

    Raises:
        OSError: it cannot be read.
        ValueError: it is packed, and broken.
    """
    with opened(location) as file:
        file.seek(start)
        return file.read() if stop is None else file.read(stop - start)


@lru_cache(maxsize=1)
def _unpacked(location: Location, _mtime_ns: int | None) -> bytes:
    """Kept until the next file, as frames are read one by one."""
    try:
        return gzip.decompress(location.read())
    except (EOFError, zlib.error) as error:
        raise ValueError(f"it is packed and cut off or broken ({error})") from error
