"""The best reactions of a run on a terminal."""

from typing import Any

import polars as pl
from rich import box
from rich.table import Table
from rich.text import Text

from tscreen.schemas import columns as c
from tscreen.screen.views.shown import shown, visible

SHORT = {
    c.BARRIER_ML: "barrier",
    c.BARRIER: "computed",
    c.REACTION_ENERGY: "reaction",
    c.EXPECTED_RMSD: "RMSD",
}
HEADINGS = {name: f"{short}\n{c.COLUMNS[name].unit}" for name, short in SHORT.items()}
PRINTED = (c.REACTION_ID, c.STATUS, c.BARRIER_ML, c.P_GOOD)
"""What fits on a terminal of 80 columns with one more; JSON has all."""
ID_WIDTH, OTHERS_WIDTH = 31, 49
"""Characters of such a terminal for the ids, or the longest warning, and for all other columns."""


def as_table(rows: pl.DataFrame, by: str, width: int) -> Table:
    """The rows for a terminal: barriers with their 90 % intervals, warnings under the ids.

    Args:
        rows: as `top.best` gives them.
        by: the column that they are ranked by, which is shown, too.
        width: of the terminal, in characters.
    """
    levels = rows.drop_nulls(c.BARRIER_ML)[c.BARRIER_ML_LEVEL].unique().sort()
    nothing = f"none predicted at a known level; --by {c.BARRIER} shows those computed"
    # Lines between the columns would leave no room for the ids on a terminal of 80 characters.
    table = Table(
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=0,
        caption=shown(f"barriers: {'; '.join(levels) or nothing}", "table.caption"),
        caption_justify="left",
    )
    names = [*PRINTED, c.REACTION_ENERGY if by in PRINTED else by]
    for name in names:
        numeric = rows.schema[name].is_numeric()
        folds = name not in PRINTED and rows.schema[name] == pl.String
        table.add_column(
            HEADINGS.get(name) or shown(name),
            justify="right" if numeric else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
        )
    for row in rows.to_dicts():
        row[c.BARRIER_ML] = _with_interval(row)
        named = _with_warnings(row, max(ID_WIDTH, width - OTHERS_WIDTH))
        table.add_row(named, *(_cell(row[name]) for name in names[1:]))
    return table


def _with_warnings(row: dict[str, Any], room: int) -> Text:
    """The id, which loses its middle where it is too long, and a line for each warning."""
    name = visible(row[c.REACTION_ID])
    if len(name) > room:
        half = (room - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
    codes = row[c.WARNINGS].split(", ") if row[c.WARNINGS] else []
    return Text("\n").join([Text(name), *(shown(f"! {code}") for code in codes)])


def _with_interval(row: dict[str, Any]) -> str | None:
    barrier, low, high = (row[n] for n in (c.BARRIER_ML, c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH))
    if barrier is None or low is None or high is None:
        return None if barrier is None else f"{barrier:.1f}"
    return f"{barrier:.1f} [{low:.1f}, {high:.1f}]"


def _cell(value: object) -> Text:
    if value is None:
        return shown("-")
    return shown(f"{value:.2f}" if isinstance(value, float) else value)
