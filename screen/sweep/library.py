"""Libraries: the molecules that a sweep puts into a slot."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tscreen.schemas.rejects import RejectCode
from tscreen.screen.errors import UsageError

NAME, SMILES = "name", "smiles"


@dataclass(frozen=True)
class Entry:
    """One molecule of a library.

    Attributes:
        name: as it appears in the tags; its SMILES where the library gives none.
        smiles: with the marks that its slot asks for; empty where the library gives none.
        fault: why it cannot be used, if that is known already.
    """

    name: str
    smiles: str
    fault: tuple[RejectCode, str] | None


def read_library(path: Path) -> list[Entry]:
    """Read a CSV file with the columns `name` and `smiles`, or a SMILES file (`.smi`).

    Raises:
        UsageError: it cannot be read, or holds nothing.
    """
    try:
        if path.suffix.lower() == ".smi":
            lines = path.read_text().splitlines()
            pairs = [_of_line(line) for line in lines if line.strip()]
        elif path.suffix.lower() == ".csv":
            pairs = _of_csv(path)
        else:
            raise UsageError(f"library '{path}' is neither a .csv nor a .smi file; convert it")
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"library '{path}' cannot be read: {reason}") from error
    if not pairs:
        raise UsageError(f"library '{path}' holds no molecules; fill it")
    seen: set[str] = set()
    entries = []
    for name, smiles in pairs:
        entries.append(Entry(name, smiles, _fault(path, name, smiles, seen)))
        seen.add(name)
    return entries


def hash_of(path: Path) -> str:
    """Tells whether a file has changed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _of_line(line: str) -> tuple[str, str]:
    smiles, _, name = line.strip().replace("\t", " ").partition(" ")
    return name.strip() or smiles, smiles


def _of_csv(path: Path) -> list[tuple[str, str]]:
    rows = pl.read_csv(path, infer_schema=False)
    for column in (NAME, SMILES):
        if column not in rows.columns:
            raise UsageError(f"library '{path}' has no column '{column}'; add it")
    cells = rows.select(pl.col(NAME, SMILES).fill_null("").str.strip_chars()).rows()
    return [(name or smiles, smiles) for name, smiles in cells if name or smiles]


def _fault(path: Path, name: str, smiles: str, seen: set[str]) -> tuple[RejectCode, str] | None:
    if not smiles:
        return RejectCode.BAD_CANDIDATE, f"library '{path}' gives '{name}' no SMILES; add it"
    if name in seen:
        message = f"library '{path}' has '{name}' twice; give each molecule a name of its own"
        return RejectCode.DUPLICATE_ID, message
    if "/" in name:
        message = f"'{name}' of library '{path}' holds a '/', which ends a name in an id; rename it"
        return RejectCode.BAD_CANDIDATE, message
    return None
