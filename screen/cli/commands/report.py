"""`tscreen report`: a run as one page for a browser."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tscreen.screen.views.shown import visible

if TYPE_CHECKING:
    import polars as pl

PAGE = "report.html"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(report)


def report(
    out: Annotated[
        str, typer.Argument(help="Folder of a run, which may still be going; path or URI.")
    ],
    html: Annotated[
        Path | None,
        typer.Option(help="The file to write; by default report.html in the folder of the run."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a run as one HTML page with charts, table and 3D structures; needs no network."""
    from rich.console import Console
    from rich.progress import track

    from tscreen.screen.report.collect import collect
    from tscreen.screen.report.details import details
    from tscreen.screen.report.page import page
    from tscreen.screen.report.structures import packed
    from tscreen.screen.storage.location import Location

    console = Console(stderr=True)
    content = collect(out)

    def followed(rows: "pl.DataFrame", what: str) -> Iterable[dict[str, Any]]:
        silent = as_json or not console.is_terminal
        each = rows.iter_rows(named=True)
        return track(each, what, len(rows), console=console, transient=True, disable=silent)

    structures = [packed(row) for row in followed(content.structures, "structures")]
    data = content.as_json([details(row) for row in followed(content.details, "drawings")])
    written = page(f"{content.account.name} · tscreen", data, structures).encode()
    folder, name = (Location.at(html.parent), html.name) if html else (Location.at(out), PAGE)
    folder.put_where_told(name, written)
    if as_json:
        counts = {"reactions": content.n_results, "rejects": content.n_rejects}
        print(json.dumps({"html": str(folder / name), **counts, "bytes": len(written)}, indent=2))
    else:
        print(visible(f"'{folder / name}' shows {content.extent}"))
