"""Reaction SMILES without a map of their atoms become as many rows as they have best maps."""

import re

import polars as pl
import pyarrow as pa

from tscreen.actors.workers.pools import calculating_pool
from tscreen.schemas import columns as c
from tscreen.schemas.tables import with_column

MAPPED_ATOM = re.compile(r"\[\d*(?:[A-Z][a-z]?|[a-z]{1,2}|\*)@*(H\d*)?[+-]*\d*:(\d+)\]")
LETTER = re.compile(r"[A-Za-z*]")
MANY = 200
"""SMILES without a map that pay for processes which map them, some 50 ms each."""
AT_ONCE = 16
"""Of these, for one process in one go."""
FROM = "from"
"""The number of the row that a version is made of."""


def versions(ids: list[str | None], smiles: list[str | None]) -> pl.DataFrame:
    """Every reaction once for each of its best maps.

    A SMILES that cannot be used stays one row, without a map: it is rejected when its structures
    are built.

    Args:
        ids: of reactions.
        smiles: the same number.

    Returns:
        `FROM`, the id (`ID#1`, `ID#2` where maps tie), the SMILES with the map that was found (null
        where it brings its own), and how many such maps there are.
    """
    rows: list[tuple[int, str | None, str | None, int | None]] = []
    for number, (name, maps) in enumerate(zip(ids, _all_maps(smiles), strict=True)):
        several = len(maps) > 1 and name
        rows += [
            (number, f"{name}#{k}" if several else name, one, len(maps))
            for k, one in enumerate(maps, 1)
        ] or [(number, name, None, None)]
    schema = {
        FROM: pl.Int64,
        c.REACTION_ID: pl.String,
        c.MAPPED_SMILES: pl.String,
        c.N_MAPPINGS: pl.Int32,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_maps(table: pa.Table, found: pl.DataFrame) -> pa.Table:
    """A row for each of these `versions`, with their ids, SMILES and numbers."""
    own = [c.REACTION_ID] if c.REACTION_ID in table.column_names else []
    for name in (*own, c.MAPPED_SMILES, c.N_MAPPINGS):
        table = with_column(table, name, found[name].to_arrow())
    return table


def _all_maps(smiles: list[str | None]) -> list[list[str]]:
    """The best maps of each SMILES that has none, and nothing for the others."""
    bare = {text for text in smiles if text and not _looks_whole(text)}
    texts = sorted(bare)
    if len(texts) < MANY:
        found = [_maps(text) for text in texts]
    else:
        from rich.console import Console
        from rich.progress import track

        doing = f"Mapping the atoms of {len(texts):,} SMILES"
        console = Console(stderr=True)
        with calculating_pool(None) as pool:
            results = pool.map(_maps, texts, chunksize=AT_ONCE)
            found = list(track(results, doing, len(texts), console=console))
    maps = dict(zip(texts, found, strict=True))
    return [maps.get(text or "", []) for text in smiles]


def _maps(smiles: str) -> list[str]:
    from tscreen.actors.mapping.unmapped import completed
    from tscreen.actors.smiles.mapping import UnbuildableError  # RDKit, for those who need it

    try:
        return completed(smiles)
    except UnbuildableError:
        return []


def _looks_whole(smiles: str) -> bool:
    """Whether all atoms are mapped and none has other hydrogens on the two sides, at a glance."""
    hydrogens = [
        {number: count for count, number in MAPPED_ATOM.findall(side)}
        for side in smiles.split(">>")
    ]
    bare = LETTER.search(MAPPED_ATOM.sub("", smiles)) is not None
    return not bare and all(side == hydrogens[0] for side in hydrogens)
