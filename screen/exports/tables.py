"""Tables for spreadsheets and scripts: CSV, JSON lines."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from tscreen.screen.exports.frames import LISTS, Row
from tscreen.screen.views.answers import csv_cells, plain


def write_csv(rows: Iterable[Row], file: Path) -> None:
    """A line of names and a line for each reaction, without the structures."""
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for number, row in enumerate(rows):
            cells = {name: cell for name, cell in row.items() if name not in LISTS}
            if not number:
                writer.writerow(cells)
            writer.writerow(csv_cells(tuple(cells.values())))


def write_json_lines(rows: Iterable[Row], file: Path) -> None:
    """An object for each reaction, with all its columns; what JSON has no number for is null."""
    with file.open("w") as stream:
        for row in rows:
            stream.write(json.dumps(plain(dict(row)), allow_nan=False, default=str) + "\n")
