"""Which reactions are uncertain enough for a saddle search."""

import math
from collections.abc import Iterable

import pyarrow as pa

from tscreen.schemas import columns as c

Key = tuple[float, str]
"""Rank of a reaction: the lower, the less certain. The id decides between equals."""

KEY_COLUMNS = [c.P_GOOD, c.REACTION_ID, c.REJECT_CODE]


def cut(tables: Iterable[pa.Table], fraction: float) -> tuple[Key | None, int]:
    """The rank up to which reactions are searched.

    Args:
        tables: all rows of a run, at least their `KEY_COLUMNS`.
        fraction: share of the reactions to search, rounded up to whole ones; those of which the
            model knows nothing are searched even if they are more.

    Returns:
        The highest rank that is still searched (None: none is), and how many are.
    """
    keys = sorted(key for table in tables for key in _keys(table) if key is not None)
    count = max(math.ceil(fraction * len(keys) - 1e-9), sum(map(_is_unknown, keys)))
    return (keys[count - 1] if count else None), count


def mark_up_to(table: pa.Table, last: Key | None) -> pa.Table:
    """Set `needs_search` for the rows ranked at most `last`."""
    return _mark(
        table, [key is not None and last is not None and key <= last for key in _keys(table)]
    )


def mark_below(table: pa.Table, min_p_good: float | None) -> pa.Table:
    """Set `needs_search` for the rows with a `p_good` below a limit, or for all without one.

    Those of which the model knows nothing are always searched.
    """
    limit = math.inf if min_p_good is None else min_p_good
    return _mark(
        table,
        [key is not None and (key[0] < limit or _is_unknown(key)) for key in _keys(table)],
    )


def _keys(table: pa.Table) -> list[Key | None]:
    """The rank of every row, None for rows without a transition state."""
    cells = (table[name].to_pylist() for name in KEY_COLUMNS)
    return [
        None if code is not None or p_good is None else (_sortable(p_good), name)
        for p_good, name, code in zip(*cells, strict=True)
    ]


def _is_unknown(key: Key) -> bool:
    """Whether the model gives a reaction no chance at all, as it does where it knows nothing."""
    return key[0] <= 0


def _sortable(p_good: float) -> float:
    return -math.inf if math.isnan(p_good) else p_good


def _mark(table: pa.Table, marks: list[bool]) -> pa.Table:
    return table.append_column(c.NEEDS_SEARCH, pa.array(marks, pa.bool_()))
