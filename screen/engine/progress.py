"""Show how far a run is, stage by stage."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from tscreen.screen.engine.counters import Counting, Tally

if TYPE_CHECKING:  # it brings Arrow along, which the command line can do without
    from tscreen.screen.engine.engine import Engine

Tallies = dict[str, Tally]

POLL_S = 0.5
LOG_EVERY_S = 30.0


class Show:
    """A way of showing progress; this one shows nothing."""

    def start(self) -> None:
        """Begin to show."""

    def update(self, tallies: Tallies) -> None:
        """Show the state of all stages."""

    def stop(self) -> None:
        """Show no more."""

    def say(self, what: str) -> None:
        """Say what is going on before the first row."""


class LogLines(Show):
    """Prints a line now and then, where the output is no terminal."""

    def __init__(self) -> None:
        """Print the first line at once."""
        self._start = time.monotonic()
        self._next = 0.0

    def update(self, tallies: Tallies) -> None:
        """See `Show`."""
        seconds = time.monotonic() - self._start
        if seconds < self._next:
            return
        self._next = seconds + LOG_EVERY_S
        parts = [
            f"{name} {tally.rows}" + ("" if tally.total is None else f"/{tally.total}")
            for name, tally in tallies.items()
        ]
        print(f"[{seconds:6.0f} s] {'  '.join(parts)}", file=sys.stderr, flush=True)

    def say(self, what: str) -> None:
        """See `Show`."""
        print(what, file=sys.stderr, flush=True)


class Bars(Show):
    """One bar for each stage, redrawn in place."""

    def __init__(self, console: Console) -> None:
        """Draw on a console."""
        self._start = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def start(self) -> None:
        """See `Show`."""
        self._live.start()

    def stop(self) -> None:
        """See `Show`."""
        self._live.stop()

    def say(self, what: str) -> None:
        """See `Show`."""
        self._live.console.print(what, style="dim")

    def update(self, tallies: Tallies) -> None:
        """See `Show`."""
        self._live.update(bars(tallies, time.monotonic() - self._start))


def bars(tallies: Tallies, seconds: float) -> Table:
    """A table of bars after so many seconds of a run."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(width=30)
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    table.add_column(justify="right", style="dim")
    for name, tally in tallies.items():
        total = "?" if tally.total is None else str(tally.total)
        each = f"{tally.seconds / tally.rows:.2f} s each" if tally.rows else ""
        table.add_row(
            name,
            ProgressBar(total=max(1, tally.total or 1), completed=_done(tally), width=30),
            f"{tally.rows}/{total}",
            each,
            f"{tally.seconds:.0f} s of work",
        )
    share = work_done(tallies)
    table.add_row(
        "all",
        ProgressBar(total=1.0, completed=share or 0.0, width=30),
        "" if share is None else f"{share:.0%}",
        "" if not share else f"about {_told(seconds * (1 - share) / share)} left",
        f"{_told(seconds)} elapsed",
    )
    return table


def work_done(tallies: Tallies) -> float | None:
    """Share of the work that is done, if what is left takes as long as what was.

    None until all stages but the last, which is over in a moment, have done a row, or where nobody
    knows yet how many rows a stage will get.
    """
    *stages, _ = tallies.values()
    active = [one for one in stages if one.total != 0]
    if not active or any(one.total is None or not one.rows for one in active):
        return None
    whole = sum(one.seconds / one.rows * max(one.total or 0, one.rows) for one in active)
    return sum(one.seconds for one in active) / whole if whole else None


def _told(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _done(tally: Tally) -> int:
    if tally.total is None:
        return 0
    return 1 if tally.total == 0 else min(tally.rows, tally.total)


def best_show(json: bool) -> Show:
    """Bars on a terminal, lines elsewhere, nothing where a program reads the output."""
    if json:
        return Show()
    console = Console(stderr=True)
    return Bars(console) if console.is_terminal else LogLines()


@contextmanager
def followed(
    engine: "Engine", totals: dict[str, int | None], show: Show
) -> Iterator[tuple[Counting, Tallies]]:
    """Count and show the stages of a run while it goes on.

    Args:
        engine: that carries them out.
        totals: the stages and how many rows each is expected to see.
        show: how they are shown.

    Yields:
        The counters for the workers, and the tallies, which are complete after the run.
    """
    tallies: Tallies = {}
    over = threading.Event()
    with engine.counters(totals) as counters:

        def poll() -> None:
            while not over.wait(POLL_S):
                try:
                    told = counters.read()
                except Exception:  # the run itself will meet what is wrong, and say so
                    return
                show.update(told)

        watcher = threading.Thread(target=poll, name="progress", daemon=True)
        show.start()
        watcher.start()
        try:
            yield counters, tallies
            tallies |= counters.read()
        finally:
            over.set()
            watcher.join()
            show.stop()
