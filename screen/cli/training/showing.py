"""How `tscreen train` and `tscreen evaluate` show what goes on, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tscreen.screen.views.shown import shown

if TYPE_CHECKING:
    from tscreen.model.training.fitting import Watch

CONSOLE = Console(stderr=True)


def time_bar(name: str, quiet: bool) -> Progress:
    """Of minutes that were given."""
    told = TextColumn("{task.completed:.1f} of {task.total:.1f} min, left")
    after = (told, TimeRemainingColumn(), TextColumn("{task.description}"))
    return _bar(TextColumn(name), *after, quiet=quiet)


def count_bar(quiet: bool) -> Progress:
    """Of things that are counted."""
    after = (MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return _bar(TextColumn("{task.description}"), *after, quiet=quiet)


def _bar(before: ProgressColumn, *after: ProgressColumn, quiet: bool) -> Progress:
    disable = quiet or not CONSOLE.is_terminal
    return Progress(SpinnerColumn(), before, BarColumn(), *after, console=CONSOLE, disable=disable)


@contextmanager
def watching(quiet: bool) -> Iterator["Watch"]:
    """One bar for each name that is told, with the share that is done."""
    bar = _bar(TextColumn("{task.description}"), TimeElapsedColumn(), quiet=quiet)
    tasks: dict[str, TaskID] = {}

    def watch(name: str, done: float) -> None:
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=1.0)
            if not CONSOLE.is_terminal and not quiet:
                CONSOLE.print(name)
        bar.update(tasks[name], completed=done)

    with bar:
        yield watch


def say_left_out(left_out: list[str]) -> None:
    """Name bad rows; they cost only themselves."""
    if left_out:
        told = f"{len(left_out)} bad reactions left out, the first: {left_out[0]}"
        CONSOLE.print(shown(told))
