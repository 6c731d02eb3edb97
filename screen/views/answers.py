"""Write the answer to a query: for a reader, as JSON or as CSV."""

import csv
import json
import math
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Any, TextIO

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tscreen.screen.analysis.query import Answer
from tscreen.screen.views.shown import shown

ROWS_SHOWN = 100
COLUMNS_SHOWN = 10
"""More do not fit on a terminal side by side, so each row is shown as a list."""


def as_text(answer: Answer) -> Group:
    """The first rows for a terminal."""
    rows = list(islice(answer.rows, ROWS_SHOWN + 1))
    shown = rows[:ROWS_SHOWN]
    wide = len(answer.names) > COLUMNS_SHOWN
    parts = [_record(answer.names, row) for row in shown] if wide else [_table(answer.names, shown)]
    if len(rows) > ROWS_SHOWN:
        note = f"only the first {ROWS_SHOWN} rows are shown; --csv and --json give all"
        return Group(*parts, Text(note, style="dim"))
    return Group(*parts)


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(header_style="bold")
    for index, name in enumerate(names):
        numeric = all(isinstance(row[index], int | float | Decimal | None) for row in rows)
        table.add_column(shown(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _record(names: list[str], row: tuple[Any, ...]) -> Table:
    table = Table("column", "value", show_header=False)
    table.columns[1].overflow = "fold"
    for name, value in zip(names, row, strict=True):
        table.add_row(shown(name, "bold"), _cell(value))
    return table


def _cell(value: Any) -> Text:
    if value is None:
        return Text("-")
    if isinstance(value, float):
        return Text(f"{value:.6g}")
    if isinstance(value, list | tuple):
        return Text(f"list of {len(value)}")
    return shown(value)


def write_json(answer: Answer, file: TextIO) -> None:
    """A list of objects, row by row; what JSON has no number for is null."""
    separator = "[\n"
    for row in answer.rows:
        cells = dict(zip(answer.names, map(plain, row), strict=True))
        file.write(separator + json.dumps(cells, allow_nan=False, default=str))
        separator = ",\n"
    file.write("[]\n" if separator == "[\n" else "\n]\n")


def write_csv(answer: Answer, file: TextIO) -> None:
    """A line of names and a line for each row; lists are written as JSON."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.names)
    writer.writerows(csv_cells(row) for row in answer.rows)


def csv_cells(row: tuple[Any, ...]) -> Iterable[Any]:
    """Cells as CSV can hold them."""
    for value in row:
        if isinstance(value, list | tuple | dict | bool):
            yield json.dumps(plain(value), allow_nan=False, default=str)
        else:
            yield value


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return value
