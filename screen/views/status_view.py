"""Show how far a run is."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tscreen.schemas import columns as c
from tscreen.screen.runs.status import (
    ENDING,
    FINISHED,
    INTERRUPTED,
    SCORING,
    STARTING,
    RunStatus,
)
from tscreen.screen.views.shown import shown, visible

GO_ON = "nothing is at work in this folder: give the same `tscreen` command again to go on"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def headline(run: RunStatus) -> str:
    """The whole status in a line."""
    parts = [f"{_state(run)}: {run.done} of {run.rows} reactions written"]
    if run.scored is not None:
        parts.append(f"{run.scored} scored")
    if run.state == FINISHED:
        parts.append(f"took {span(run.age_s)}")
    elif run.state == INTERRUPTED:
        parts += [_last(run), GO_ON]
    else:
        parts += [_throughput(run), _last(run)]
    return ", ".join(parts)


def _state(run: RunStatus) -> str:
    return run.state if run.extension is None else f"{visible(run.extension)}: {run.state}"


def _throughput(run: RunStatus) -> str:
    if run.reactions_per_s is None or run.over_s is None or run.left_s is None:
        return "no throughput known"
    what = "to score the rest" if run.state == SCORING else "left"
    per_s = run.reactions_per_s
    told = f"{per_s:.2f} reactions/s" if per_s >= 0.1 else f"{per_s * HOUR:.0f} reactions/h"
    return f"{told} over the last {span(run.over_s)}, {span(run.left_s)} {what}"


def _last(run: RunStatus) -> str:
    if run.last_chunk_s is None:
        return f"begun {span(run.age_s)} ago, no chunk yet"
    if run.stalled:
        return f"nothing has come for {span(run.last_chunk_s)}: if it was stopped, run it again"
    return f"last chunk {span(run.last_chunk_s)} ago"


def as_text(run: RunStatus) -> Group:
    """The status for a terminal."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(width=40)
    grid.add_column(justify="right")
    if run.scored is not None:
        grid.add_row("scored", _bar(run.scored, run.rows), f"{run.scored} of {run.rows}")
    grid.add_row("written", _bar(run.done, run.rows), f"{run.done} of {run.rows}")
    lines: list[RenderableType] = [Text(_state(run), style="bold"), grid]
    if run.state == FINISHED:
        lines.append(Text(f"ended {span(run.age_s)} after it first began"))
    else:
        if run.state not in (STARTING, ENDING, INTERRUPTED):
            lines.append(Text(_throughput(run)))
        lines.append(Text(_last(run), style="bold red" if run.stalled else ""))
    if run.state == INTERRUPTED:
        lines.append(Text(GO_ON, style="bold red"))
    if run.unreadable:
        lines.append(shown(f"not read: {', '.join(run.unreadable)}", "red"))
    for title, counts in (
        ("status", run.status),
        ("error", run.error_code),
        ("reject", run.reject_code),
    ):
        if counts:
            lines.append(_counts(title, counts))
    if run.slowest:
        lines.append(_slowest(run))
    return Group(*lines)


def _bar(completed: int, total: int) -> ProgressBar:
    return ProgressBar(total=max(1, total), completed=completed, width=40)


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title, "rows", header_style="bold")
    table.columns[1].justify = "right"
    for name, number in counts.items():
        table.add_row(shown(name), str(number))
    return table


def _slowest(run: RunStatus) -> Table:
    table = Table("slowest", "status", "s", header_style="bold")
    table.columns[2].justify = "right"
    for row in run.slowest:
        table.add_row(shown(row[c.REACTION_ID]), shown(row[c.STATUS]), f"{row[c.WALL_S]:.1f}")
    return table


def span(seconds: float) -> str:
    """A time in the unit that fits it."""
    for unit, size in (("days", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
