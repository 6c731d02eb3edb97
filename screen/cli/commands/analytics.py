"""`tscreen query`, `tscreen export` and `tscreen status`: what a run has written."""

import json as jsonlib
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import track

from tscreen.screen.errors import UsageError
from tscreen.screen.views.shown import visible

if TYPE_CHECKING:
    from tscreen.screen.exports.frames import Row
    from tscreen.screen.runs.status import RunStatus

LOOK_EVERY_S = 5.0

OUT = Annotated[str, typer.Argument(help="Folder of a run; path or URI.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(query)
    app.command()(export)
    app.command()(status)


def query(
    out: OUT,
    sql: Annotated[str, typer.Argument(help="One SELECT on the tables results and rejects.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Ask SQL questions of a run: tables results and rejects, in DuckDB's dialect."""
    from tscreen.screen.analysis.query import asked
    from tscreen.screen.views.answers import as_text, write_csv, write_json

    if json and csv:
        raise UsageError("give --json or --csv, not both")
    with asked(out, sql) as answer:
        if json:
            write_json(answer, sys.stdout)
        elif csv:
            write_csv(answer, sys.stdout)
        else:
            Console().print(as_text(answer))


def export(
    out: OUT,
    file: Annotated[
        Path,
        typer.Argument(
            help="New file: .xyz or .extxyz (frames), .sdf, .csv, .jsonl (JSON lines), .db (ASE "
            "database), .traj (ASE trajectory), .molden (the imaginary mode of one reaction), "
            ".json or .json.gz (chemiscope)."
        ),
    ],
    filter: Annotated[  # noqa: A002 - the name that the user reads
        str | None, typer.Option(help='SQL condition on columns, such as "p_good > 0.7".')
    ] = None,
    what: Annotated[
        str,
        typer.Option(
            help="reactions, or paths: the ways down from saddle points, as frames of XYZ."
        ),
    ] = "reactions",
) -> None:
    """Write a run's structures and results for other programs."""
    from tscreen.screen.exports.export import What
    from tscreen.screen.exports.export import export as export_rows

    if what not in tuple(What):
        raise UsageError(f"--what {what!r} is not known; choose from {', '.join(What)}")
    n_rows = export_rows(out, file, filter, _followed, What(what))
    print(visible(f"{n_rows} {what} written to '{file}'"))


def _followed(n_rows: int, rows: "Iterable[Row]") -> "Iterable[Row]":
    console = Console(stderr=True)
    return track(
        rows, "export", n_rows, console=console, transient=True, disable=not console.is_terminal
    )


def status(
    out: OUT,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until the run is done.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with --watch a line for every look.")
    ] = False,
) -> None:
    """Show how far a run is, from its folder alone: on any machine that sees it."""
    from tscreen.screen.views.status_view import as_text, headline

    console = Console()
    looks = _looks(out, watch)
    if json:
        for run in looks:
            print(jsonlib.dumps(asdict(run), indent=None if watch else 2), flush=True)
    elif watch and not console.is_terminal:
        for run in looks:
            print(headline(run), flush=True)
    elif watch:
        with Live(console=console, auto_refresh=False) as live:
            for run in looks:
                live.update(as_text(run), refresh=True)
    else:
        console.print(*map(as_text, looks))


def _looks(out: str, watch: bool) -> "Iterator[RunStatus]":
    """One look at the run, or one now and then until it is finished."""
    from tscreen.screen.runs.status import FINISHED, Observer

    observer = Observer(out)
    run = observer.look(time.time())
    yield run
    while watch and run.state != FINISHED:
        time.sleep(LOOK_EVERY_S)
        run = observer.look(time.time())
        yield run
