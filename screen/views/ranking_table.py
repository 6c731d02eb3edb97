"""A ranking for a terminal, and for other programs."""

import json
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from tscreen.schemas import columns as c
from tscreen.screen.analysis.estimates import HIGH, LEVEL, LOW, UNITS, VALUE
from tscreen.screen.analysis.measures import By
from tscreen.screen.analysis.ranking import (
    LOWERING,
    LOWERING_HIGH,
    LOWERING_LOW,
    NOTE,
    P_TOP_K,
    RANK,
    Ranking,
)
from tscreen.screen.views.shown import shown, titled

MOST_LINES = 1000
"""More than anybody reads, and a terminal takes hours to lay a million out."""


def as_table(ranking: Ranking, against: str | None, top_k: int) -> Table:
    """One line for each of the first candidates; 90 % intervals stand in brackets."""
    title = f"{ranking.template} by {UNITS[ranking.by]}"
    levels = ranking.table.filter(ranking.table[RANK].is_not_null())[LEVEL].unique().to_list()
    captions = [f"level: {', '.join(levels) or 'none'}; 90 % intervals in brackets"]
    if ranking.left_out:
        reasons = "; ".join(f"{number} {reason}" for reason, number in ranking.left_out.items())
        captions.append(f"not ranked: {reasons}")
    if len(ranking.table) > MOST_LINES:
        captions.append(
            f"the first {MOST_LINES} of {len(ranking.table)} candidates; --json has all"
        )
    table = titled(title, *captions, header_style="bold", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("candidate", overflow="fold")
    table.add_column("value", justify="right")
    if against:
        how = "faster than" if ranking.by is By.RATE else "lower than"
        table.add_column(Text(f"{how}\n") + shown(against), justify="right")
    table.add_column(f"P(top {top_k})", justify="right")
    table.add_column("note")
    for row in ranking.table.head(MOST_LINES).to_dicts():
        table.add_row(*map(shown, _cells(row, bool(against))))
    return table


def as_json_lines(ranking: Ranking, against: str | None, top_k: int) -> Iterator[str]:
    """Lines of one JSON object, a candidate on each, so that a million need no memory."""
    told = {
        "template": ranking.template,
        "by": ranking.by,
        "against": against,
        "top_k": top_k,
        "left_out": ranking.left_out,
    }
    yield f'{json.dumps(told)[:-1]}, "candidates": ['
    last = len(ranking.table) - 1
    for number, row in enumerate(ranking.table.iter_rows(named=True)):
        yield json.dumps(row) + ("," if number < last else "")
    yield "]}"


def _cells(row: dict[str, Any], compared: bool) -> list[str]:
    chance = row[P_TOP_K]
    return [
        "-" if row[RANK] is None else str(row[RANK]),
        row[c.CANDIDATE],
        _with_interval(row[VALUE], row[LOW], row[HIGH]),
        *([_with_interval(row[LOWERING], row[LOWERING_LOW], row[LOWERING_HIGH])] * compared),
        "-" if chance is None else f"{chance:.2f}",
        row[NOTE],
    ]


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    if low is None or high is None or low == high:
        return f"{value:.1f}"
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
