"""A file or folder on this machine, on S3, on Google Cloud Storage or wherever else fsspec reaches.

Written `/data/out`, `file:///data/out`, `s3://bucket/out`, `gs://bucket/out` and so on. Credentials
come from where the protocol's own tools look for them, such as `AWS_ACCESS_KEY_ID` and
`AWS_ENDPOINT_URL` in the environment.
"""

import errno
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from pyarrow import fs

from tscreen.screen.errors import UsageError

UNFINISHED = ".tmp"
RESTORE = "restore it from a copy, or remove its folder and begin anew"


@dataclass(frozen=True)
class Location:
    """A file or folder; compares and hashes by its name.

    Attributes:
        name: a URI, or an absolute path of this machine.
    """

    name: str

    @staticmethod
    def at(name: "str | Path | Location") -> "Location":
        """The location that a user names.

        Raises:
            UsageError: the name is empty, or nothing here can reach such a URI.
        """
        if isinstance(name, Location):
            return name
        if not str(name):
            raise UsageError("an empty text names no file or folder; give a path or a URI")
        if "\0" in str(name) or str(name).endswith("://"):
            raise UsageError(f"'{name}' names no file or folder; give a path or a URI")
        if "://" not in str(name):
            return Location(str(Path(name).absolute()))
        if str(name).startswith("file://"):
            return Location(fs.FileSystem.from_uri(str(name))[1])
        _open(str(name))
        return Location(str(name).rstrip("/"))

    def __str__(self) -> str:
        return self.name

    def __truediv__(self, part: str) -> "Location":
        """A file or folder within this one.

        Raises:
            ValueError: it would lie outside.
        """
        pure = PurePosixPath(part)
        if pure.is_absolute() or ".." in pure.parts or "\\" in part:
            raise ValueError(f"'{part}' lies outside of '{self.name}'")
        return Location(f"{self.name}/{part}")

    @property
    def local(self) -> Path | None:
        """Its path, where it is on this machine."""
        return None if "://" in self.name else Path(self.name)

    @property
    def opened(self) -> tuple[fs.FileSystem, str]:
        """Its file system, and what that calls it."""
        return _open(self.name)

    @property
    def base(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name).name

    @property
    def suffix(self) -> str:
        """Of the name, in small letters."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def info(self) -> fs.FileInfo:
        """Its kind, size and time of change."""
        files, path = self.opened
        return files.get_file_info(path)

    def exists(self) -> bool:
        """Whether there is such a file or folder."""
        return self.info.type != fs.FileType.NotFound

    def is_file(self) -> bool:
        """Whether this is a file."""
        return self.info.type == fs.FileType.File

    def files(self, *, deep: bool = False) -> list["Location"]:
        """The files of a folder, or of those within it too, by name; none without a folder."""
        return [location for location, _ in self.listing(deep=deep)]

    def listing(self, *, deep: bool = False) -> list[tuple["Location", fs.FileInfo]]:
        """The same with their sizes and times of change."""
        files, path = self.opened
        try:
            found = files.get_file_info(fs.FileSelector(path, allow_not_found=True, recursive=deep))
        except (FileNotFoundError, NotADirectoryError):  # it may be removed while it is listed
            return []
        named = {info.path[len(path) :].lstrip("/"): info for info in found if info.is_file}
        if self.local is None and not isinstance(files, fs.PyFileSystem):
            named = {
                quote(name, safe="/="): info for name, info in named.items()
            }  # Arrow decodes its URIs
        return [(Location(f"{self.name}/{name}"), named[name]) for name in sorted(named)]

    def names(self) -> list[str]:
        """Those of all that a folder holds, links to nothing among them."""
        if self.local is not None:
            return sorted(one.name for one in self.local.iterdir())
        files, path = self.opened
        return sorted(info.base_name for info in files.get_file_info(fs.FileSelector(path)))

    @contextmanager
    def open(self) -> Iterator[pa.NativeFile]:
        """The file, open for reading anywhere in it.

        It is Arrow's own kind of file: what Arrow has read from one of Python's it may let go of in
        a thread of its own after Python has ended, which aborts the process.
        """
        files, path = self.opened
        with files.open_input_file(path) as file:
            yield file

    def read(self) -> bytes:
        """All that a file holds."""
        with self.open() as file:
            return file.read()

    def read_json(self) -> Any:
        """What this program has written to a file as JSON.

        Raises:
            FileNotFoundError: there is none.
            UsageError: it is no JSON any more.
        """
        try:
            return json.loads(self.read())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"'{self}' is broken ({error}); {RESTORE}") from error

    def put(self, part: str, data: bytes | pa.Buffer) -> None:
        """Write a file within this folder: whole, or not at all.

        Raises:
            ValueError: it would lie outside, by its name or by a link.
            OSError: it cannot be written.
        """
        target = self / part
        if self.local is not None and target.local is not None:
            _put_here(self.local, target.local, data)
            return
        files, path = target.opened
        # An object appears when its stream is closed, so nothing may fail before.
        with files.open_output_stream(path) as stream:
            stream.write(data)

    def put_where_told(self, part: str, data: bytes | pa.Buffer) -> None:
        """`put` the first file into a folder that a user has named.

        Raises:
            UsageError: it cannot be written there.
        """
        try:
            self.put(part, data)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(
                f"'{self / part}' cannot be written ({reason}); name another place"
            ) from error

    def remove(self) -> None:
        """Remove a file, or a folder with all that it holds, if there is one."""
        files, path = self.opened
        if self.is_file():
            files.delete_file(path)
        elif self.exists():
            files.delete_dir(path)


LocationLike = str | Path | Location


def bring_to_disk(path: Path) -> None:
    """Wait until a file or folder is where a machine that stops would leave it.

    Of a folder that is the names in it; some file systems have no such thing for folders.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(opened)


def _put_here(folder: Path, target: Path, data: bytes | pa.Buffer) -> None:
    new = [one for one in (target.parent, *target.parent.parents) if not one.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"'{target}' lies outside of '{folder}': a link leads there")
    unfinished = folder / f"{uuid.uuid4().hex}{UNFINISHED}"
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # else a machine that stops could leave the name without data
        unfinished.replace(target)
        for changed in (target.parent, *(one.parent for one in new)):
            bring_to_disk(changed)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@lru_cache(maxsize=256)
def _open(name: str) -> tuple[fs.FileSystem, str]:
    if "://" not in name:
        return fs.LocalFileSystem(), name
    try:
        return fs.FileSystem.from_uri(name)
    except pa.ArrowInvalid:
        return _by_fsspec(name)


def _by_fsspec(name: str) -> tuple[fs.FileSystem, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(name)
    except (ValueError, ImportError) as error:
        raise UsageError(f"'{name}' cannot be reached: {error}") from error
    return fs.PyFileSystem(fs.FSSpecHandler(files)), path
