"""What a command that screens says in the end, and by its exit code."""

import json as jsonlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tscreen.schemas.status import Status

if TYPE_CHECKING:
    from tscreen.screen.dataset.run_report import RunReport

ROWS_FAILED = 1

STRICT = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 where any row is rejected or failed.")
]


def tell(report: "RunReport", out: str, *, json: bool, strict: bool) -> None:
    """Print the report of a run, and count on stderr what was rejected or failed.

    Raises:
        typer.Exit: not one row came through, or, where it is strict, some did not.
    """
    from rich.console import Console

    from tscreen.screen.views.summary import summary

    if json:
        print(jsonlib.dumps(report.as_json(), indent=2))
    else:
        Console().print(summary(report))
    counts = report.counts
    n_failed = counts.status.get(Status.FAILED, 0)
    n_lost = counts.rejects + n_failed
    if n_lost:
        print(
            f"tscreen: of {counts.rows} reactions {counts.rejects} were rejected and {n_failed} "
            f"failed; the rejects and the results in '{out}' say why",
            file=sys.stderr,
        )
    if n_lost == counts.rows or (strict and n_lost):
        raise typer.Exit(ROWS_FAILED)
