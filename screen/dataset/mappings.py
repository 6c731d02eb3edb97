"""Which map of a reaction has the lowest barrier, where several change equally few bonds."""

from collections import defaultdict

import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES, with_column

BARRIERS = (c.BARRIER_ML, c.BARRIER)
"""One of these is compared, the first that all maps have, or else that any has."""


def with_lowest_mapping(table: pa.Table) -> pa.Table:
    """Good rows with `lowest_mapping`, each compared with the maps of its reaction among them."""
    if c.N_MAPPINGS not in table.column_names:
        return table
    reactions = defaultdict(list)
    names, counts = (table[name].to_pylist() for name in (c.REACTION_ID, c.N_MAPPINGS))
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        if (count or 0) > 1:
            reactions[name.rpartition("#")[0]].append(row)
    known = [table[name].to_pylist() for name in BARRIERS if name in table.column_names]
    marks: list[bool | None] = [None] * len(table)
    for rows in reactions.values():
        for row, mark in _lowest([{row: cells[row] for row in rows} for cells in known]).items():
            marks[row] = mark
    return with_column(table, c.LOWEST_MAPPING, pa.array(marks, TYPES[c.LOWEST_MAPPING]))


def _lowest(barriers: list[dict[int, float | None]]) -> dict[int, bool]:
    """Which row is lowest by the first kind of barrier that can be compared; empty without any."""
    whole = [cells for cells in barriers if None not in cells.values()]
    for cells in [*whole, *barriers]:
        found = [cell for cell in cells.values() if cell is not None]
        if found:
            return {row: cell == min(found) for row, cell in cells.items()}
    return {}
