"""The molecules that an exploration starts from, read from a file."""

from collections.abc import Callable, Iterator

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location, LocationLike

KINDS = ".smi, .csv (column smiles), .xyz, .sdf or .parquet (column molecule or smiles)"

Given = tuple[str, str | None]
"""Where in the file a molecule stands, and its SMILES; None where it cannot be read."""


def read_start(file: LocationLike, max_atoms: int) -> tuple[list[str], list[str]]:
    """The names of the molecules in a file, each once, and a sentence on each that is left out.

    Raises:
        UsageError: the file cannot be read, or not one of its molecules can be explored.
    """
    from tscreen.actors.exploring.graphs import NotExploredError, canonical, graph_of
    from tscreen.actors.smiles.mapping import UnbuildableError

    found: list[str] = []
    left_out: list[str] = []
    for where, smiles in _given(Location.at(file)):
        if smiles is None:
            left_out.append(f"{where} cannot be read as a closed-shell molecule; it is left out")
            continue
        try:
            names = canonical(smiles)
        except (UnbuildableError, NotExploredError) as error:
            left_out.append(f"{where}: {error}")
            continue
        for name in names:
            n_atoms = len(graph_of(name).numbers)
            if n_atoms > max_atoms:
                told = f"'{name}' has {n_atoms} atoms and the limit is {max_atoms}"
                left_out.append(f"{where}: {told}; raise `max_atoms`")
            elif name in found:
                left_out.append(f"{where}: '{name}' stands there twice; once is enough")
            else:
                found.append(name)
    if not found:
        why = f" ({left_out[0]})" if left_out else ""
        raise UsageError(f"'{file}' has no molecule to start from{why}; give one as {KINDS}")
    return found, left_out


def _given(file: Location) -> Iterator[Given]:
    read = READERS.get(file.suffix)
    if read is None:
        raise UsageError(f"'{file}' is no file of molecules; give {KINDS}")
    try:
        yield from read(file)
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        if isinstance(error, UsageError):
            raise
        reason = " ".join(str(error).split())
        raise UsageError(f"'{file}' cannot be read ({reason}); correct it") from error


def _smi(file: Location) -> Iterator[Given]:
    for number, line in enumerate(file.read().decode().splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"line {number}", line.split()[0]


def _table(rows: pl.DataFrame) -> Iterator[Given]:
    names = [name for name in (c.MOLECULE, c.SMILES) if name in rows.columns]
    if not names:
        raise ValueError(f"no column '{c.SMILES}'")
    for number, smiles in enumerate(rows[names[0]].cast(pl.String).to_list(), 1):
        yield f"row {number}", smiles


def _csv(file: Location) -> Iterator[Given]:
    return _table(pl.read_csv(file.read(), infer_schema=False))


def _parquet(file: Location) -> Iterator[Given]:
    return _table(pl.read_parquet(file.read()))


def _xyz(file: Location) -> Iterator[Given]:
    import io

    import ase.io

    from tscreen.actors.exploring.graphs import graph_of_structure, names_of

    frames = ase.io.read(io.StringIO(file.read().decode()), index=":", format="extxyz")
    for number, atoms in enumerate(frames, 1):
        names = names_of(graph_of_structure(atoms.numbers, atoms.positions))
        yield f"frame {number}", ".".join(names) if names else None


def _sdf(file: Location) -> Iterator[Given]:
    from tscreen.actors.exploring.graphs import in_sdf

    for number, smiles in enumerate(in_sdf(file.read().decode()), 1):
        yield f"record {number}", smiles


READERS: dict[str, Callable[[Location], Iterator[Given]]] = {
    ".smi": _smi,
    ".csv": _csv,
    ".xyz": _xyz,
    ".sdf": _sdf,
    ".parquet": _parquet,
}
