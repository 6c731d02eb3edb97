"""The command line: `tscreen`.

Exit codes of `run`: 0 the work was done, 1 it broke off or no row came through (with `--strict`
also where some rows were rejected or failed), 2 the command was used wrongly.
"""

import json as jsonlib
import signal
import sys
from dataclasses import fields
from typing import Annotated, Any

import typer

from tscreen.schemas.version import VERSION
from tscreen.screen.cli.commands import (
    analytics,
    doctor,
    evaluation,
    explore,
    handoff,
    network,
    prepare,
    refine,
    report,
    sweep,
    training,
)
from tscreen.screen.cli.options import takes_settings
from tscreen.screen.cli.outcome import ROWS_FAILED, STRICT, tell
from tscreen.screen.engine.settings import Retry, Settings
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.networks.asked import Asked
from tscreen.screen.views.shown import visible

WRONG_USE = 2

app = typer.Typer(
    help="Screen the transition states and barriers of many elementary reactions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; a wrong use or a broken run is one line, not a traceback."""
    # A machine that is about to be taken away says so by SIGTERM: an orderly end, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except UsageError as error:
        print(f"tscreen: {visible(as_options(str(error)))}", file=sys.stderr)
        sys.exit(WRONG_USE)
    except BrokenOffError as error:
        print(f"tscreen: {visible(str(error))}", file=sys.stderr)
        sys.exit(ROWS_FAILED)
    except OSError as error:  # of a path that the system does not let have, whatever for
        told = f"'{error.filename}': {error.strerror}" if error.filename else str(error)
        print(f"tscreen: {visible(told)}; name another file or folder", file=sys.stderr)
        sys.exit(WRONG_USE)


def as_options(message: str) -> str:
    """A message that names settings, with the names of the options in their place."""
    for name, option in {"energies=False": "--no-energies", **_OPTIONS}.items():
        message = message.replace(f"`{name}`", option)
    return message


_OPTIONS = {
    field.name: f"--{field.name.replace('_', '-')}" for field in (*fields(Settings), *fields(Asked))
} | {"broken": "--break", "formed": "--form"}


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
@takes_settings
def run(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON only.")] = False,
    strict: STRICT = False,
    retry: Annotated[
        Retry | None,
        typer.Option(
            help="Search rows of a finished run again: all that failed, or those whose time was "
            "up; with another --search-timeout if given."
        ),
    ] = None,
    **settings: Any,
) -> None:
    """Screen reactions: transition states, their certainty and their barriers.

    A finished run is extended by the reactions of the input that it does not know yet.
    """
    from tscreen.screen.engine.progress import best_show
    from tscreen.screen.runs.run import run as run_screen

    report = run_screen(Settings(**settings), best_show(json), retry=retry)
    tell(report, settings["out"], json=json, strict=strict)


@app.command()
def top(
    out: Annotated[str, typer.Argument(help="Folder of a run; path or URI.")],
    by: Annotated[str, typer.Option(help="Column to rank by.")] = "barrier_ml_kcal_mol",
    n: Annotated[int, typer.Option("-n", min=1, help="How many reactions.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the best reactions of a run."""
    from rich.console import Console

    from tscreen.screen.analysis.top import best
    from tscreen.screen.views.top_table import as_table

    rows = best(out, by, n)
    if json:
        print(jsonlib.dumps(rows.to_dicts(), indent=2, default=str))
    else:
        console = Console()
        console.print(as_table(rows, by, console.width))


@app.command()
def check(
    out: Annotated[str, typer.Argument(help="Folder of a run; path or URI.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """See whether a run's output is whole: every row once, in files of the right schema."""
    from tscreen.screen.dataset.check import check as problems_of

    problems = problems_of(out)
    if json:
        print(jsonlib.dumps({"problems": problems}, indent=2))
    else:
        print("\n".join(map(visible, problems or [f"'{out}' is whole"])))
    if problems:
        raise typer.Exit(ROWS_FAILED)


for commands in (
    refine,
    training,
    evaluation,
    prepare,
    analytics,
    sweep,
    explore,
    handoff,
    network,
    report,
    doctor,
):
    commands.register(app)
