"""The structures of SDF and mol2 files and of ASE databases, one after another.

A record of a text file is known by where it lies in the file, one of a database by its number.
"""

import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import ase
import ase.io
from ase.db import connect
from ase.db.core import Database

from tscreen.schemas import columns as c

SDF, MOL2, DATABASE = ".sdf", ".mol2", ".db"
RECORD_SUFFIXES = (SDF, MOL2, DATABASE)
SDF_END, MOL2_START = b"$$$$", b"@<TRIPOS>MOLECULE"
FIELD = re.compile(r"^>.*?<([^>]+)>.*\n(.*)$", re.MULTILINE)
MOL2_ATOMS = re.compile(r"@<TRIPOS>ATOM[^\n]*\n(.*?)(?=\n@<TRIPOS>|\Z)", re.DOTALL)


class Record(NamedTuple):
    """One structure.

    Attributes:
        start: first byte of its text, or its number in a database.
        stop: the byte behind its text.
        n_atoms: how many it has.
        info: what the file says of it.
    """

    start: int
    stop: int
    n_atoms: int
    info: dict[str, object]


def records_of(content: bytes, suffix: str) -> Iterator[Record]:
    """The records of a text file.

    Raises:
        ValueError: one is no such record.
    """
    for number, (start, stop) in enumerate(_parts(content, suffix)):
        text = content[start:stop].decode("utf-8")
        try:
            atoms = parsed(text, suffix)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"record {number} (counting from 0): {error!r}") from error
        yield Record(start, stop, len(atoms), _sdf_info(text) if suffix == SDF else {})


def _parts(content: bytes, suffix: str) -> Iterator[tuple[int, int]]:
    if suffix == MOL2:
        starts = [found.start() for found in re.finditer(re.escape(MOL2_START), content)]
        yield from zip(starts, [*starts[1:], len(content)], strict=True)
        return
    start = 0
    while start < len(content):
        end = content.find(SDF_END, start)
        stop = len(content) if end < 0 else end
        if content[start:stop].strip():
            yield start, stop
        line = content.find(b"\n", stop)
        start = len(content) if end < 0 or line < 0 else line + 1


def parsed(text: str, suffix: str) -> ase.Atoms:
    """The structure of one record.

    Raises:
        ValueError, KeyError, IndexError: there is none in the text.
    """
    if suffix == SDF:
        return ase.io.read(io.StringIO(text), format="sdf")
    block = MOL2_ATOMS.search(text)
    if block is None:
        raise ValueError("there is no @<TRIPOS>ATOM section")
    lines = [line.split() for line in block[1].splitlines() if line.strip()]
    symbols = [line[5].partition(".")[0].capitalize() for line in lines]
    return ase.Atoms(symbols, [[float(x) for x in line[2:5]] for line in lines])


def _sdf_info(text: str) -> dict[str, object]:
    """The data fields of an SDF record, and the charge that its atoms have."""
    charges = re.findall(r"^M  CHG(.*)$", text, re.MULTILINE)
    info: dict[str, object] = {c.CHARGE: sum(sum(map(int, one.split()[2::2])) for one in charges)}
    for name, value in FIELD.findall(text):
        info[name] = value.strip() if name == c.REACTION_ID else _number_or_text(value.strip())
    return info


def _number_or_text(value: str) -> object:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(value)
    return value


def rows_of(database: Path) -> Iterator[Record]:
    """The rows of an ASE database.

    Raises:
        ValueError: it is none.
    """
    with _opened(database) as rows:
        for row in rows.select():
            info = {**row.key_value_pairs}
            if c.REACTION_ID in info:
                info[c.REACTION_ID] = str(info[c.REACTION_ID])
            yield Record(row.id, row.id, row.natoms, info)


def row_of(database: Path, number: int) -> ase.Atoms:
    """One structure of an ASE database.

    Raises:
        ValueError: it cannot be read.
    """
    with _opened(database) as rows:
        return rows.get_atoms(number)


@contextmanager
def _opened(database: Path) -> Iterator[Database]:
    """A database, whose file stays as it is: ASE itself would make one of an empty file."""
    try:
        where = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(where, uri=True)) as opened:
            tables = opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'systems'").fetchall()
        if not tables:
            raise ValueError("it is no database of ASE")
        with connect(database, use_lock_file=False) as rows:
            yield rows
    except Exception as error:  # whatever lies in it, ASE trusts it
        raise ValueError(f"its rows cannot be read ({error!r})") from error
