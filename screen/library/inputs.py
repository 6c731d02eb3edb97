"""Reactions as a script holds them, as one table."""

from collections.abc import Sequence
from typing import TypeAlias, cast

import polars as pl
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, table_of
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.maps import FROM, versions, with_maps

Reactions: TypeAlias = Sequence[Reaction] | Sequence[str] | pl.DataFrame | pa.Table
"""`Reaction`s, reaction SMILES, or a table with the columns of an input file."""


def as_table(reactions: Reactions) -> pa.Table:
    """One row for each reaction, as if read from a file.

    Reactions given as SMILES are called `reaction-1`, `reaction-2` and so on; one without a map
    becomes a row for each of its best maps.

    Raises:
        UsageError: this is no collection of reactions.
    """
    if isinstance(reactions, pl.DataFrame):
        return _mapped(reactions.to_arrow())
    if isinstance(reactions, pa.Table):
        return _mapped(reactions)
    if isinstance(reactions, str):
        raise UsageError(f"give a list of reactions; '{reactions}' is a single text")
    listed = list(reactions)
    if all(isinstance(one, Reaction) for one in listed):
        return table_of(cast(list[Reaction], listed))
    if all(isinstance(one, str) for one in listed):
        names = [f"reaction-{number}" for number in range(1, len(listed) + 1)]
        texts = pa.array(listed, pa.string())
        return _mapped(pa.table({c.REACTION_ID: names, c.SMILES: texts}))
    kinds = ", ".join(sorted({type(one).__name__ for one in listed}))
    raise UsageError(f"give Reactions or reaction SMILES, one kind in a list; this holds {kinds}")


def _mapped(table: pa.Table) -> pa.Table:
    """A table of SMILES alone with a row for each of their best maps; others as they are."""
    names = set(table.column_names)
    if not {c.REACTION_ID, c.SMILES} <= names or names & set(c.STRUCTURE):
        return table
    try:
        ids, smiles = (table[name].cast(pa.string()) for name in (c.REACTION_ID, c.SMILES))
    except pa.ArrowException:  # validation tells that these are no texts
        return table
    found = versions(ids.to_pylist(), smiles.to_pylist())
    return with_maps(table.take(found[FROM].to_arrow()), found)
