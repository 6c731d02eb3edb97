"""The best reactions of a run."""

import polars as pl
from rich import box
from rich.table import Table
from rich.text import Text

from tscreen.schemas import columns as c
from tscreen.screen.analysis.trust import CODES, DOUBT
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import LocationLike
from tscreen.screen.views.shown import shown

SHOWN = (
    c.REACTION_ID,
    c.STATUS,
    c.BARRIER,
    c.BARRIER_ML,
    c.REACTION_ENERGY,
    c.EXPECTED_RMSD,
    c.P_GOOD,
    c.VERIFIED,
    c.WARNINGS,
    c.ENERGY_LEVEL,
)
MORE_IS_BETTER = {c.P_GOOD, c.RATE_CONSTANT, c.LOG10_RATE_LOW, c.LOG10_RATE_HIGH}
SHORT = {
    c.BARRIER: "barrier",
    c.BARRIER_ML: "predicted",
    c.REACTION_ENERGY: "reaction",
    c.EXPECTED_RMSD: "RMSD",
}
HEADINGS = {name: f"{short}\n{c.COLUMNS[name].unit}" for name, short in SHORT.items()}
"""Narrow enough for a terminal of 80 columns, which also does without `NOT_PRINTED`."""
NOT_PRINTED = (c.VERIFIED, c.ENERGY_LEVEL)


def best(out: LocationLike, by: str, n: int) -> pl.DataFrame:
    """The best reactions by one column: its lowest values, or the highest of `p_good` and of rates.

    Verified ones come first, then those that nobody has checked, failed ones, flagged ones.

    Args:
        out: folder of a run.
        by: a column of the results or a tag; rows without a value come last of all.
        n: how many.

    Returns:
        The columns that matter to a reader, `by` among them; `warnings` as text.

    Raises:
        UsageError: the folder holds no results, or they have no such column.
    """
    rows = read_results(out)
    schema = rows.collect_schema()
    scalars = [name for name, dtype in schema.items() if not dtype.is_nested()]
    if by not in scalars:
        raise UsageError(f"there is no column '{by}' to rank by; choose from {', '.join(scalars)}")
    if schema[by].is_float():
        rows = rows.with_columns(pl.col(by).fill_nan(None))
    shown = [*SHOWN, *([] if by in SHOWN else [by])]
    return (
        rows.sort(
            [pl.col(by).is_null(), DOUBT, by, c.REACTION_ID],
            descending=[False, False, by in MORE_IS_BETTER, False],
            nulls_last=True,
        )
        .head(n)
        .with_columns(CODES.alias(c.WARNINGS))
        .select(shown)
        .collect()
    )


def as_table(rows: pl.DataFrame) -> Table:
    """The rows for a terminal."""
    # Lines between the columns would leave no room for the ids on a terminal of 80 characters.
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    rows = rows.drop(NOT_PRINTED)
    for name, dtype in rows.schema.items():
        heading = HEADINGS.get(name) or shown(name)
        table.add_column(heading, justify="right" if dtype.is_numeric() else "left")
        if dtype == pl.String:
            table.columns[-1].overflow = "fold"
        else:
            table.columns[-1].no_wrap = True
    for row in rows.iter_rows():
        table.add_row(*map(_cell, row))
    return table


def _cell(value: object) -> Text:
    if value is None:
        return shown("-")
    return shown(f"{value:.2f}" if isinstance(value, float) else value)
