"""`tscreen report`: a run, or a network, as one page for a browser."""

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
        str,
        typer.Argument(help="Folder of a run, which may still be going, or of a network; or URI."),
    ],
    html: Annotated[
        Path | None,
        typer.Option(help="The file to write; by default report.html in the folder of the run."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a run or a network of reactions as one HTML page, which loads nothing when opened."""
    from tscreen.screen.networks.tables import STEPS
    from tscreen.screen.storage.location import Location

    if (Location.at(out) / STEPS).exists():
        _report_network(out, html, as_json)
    else:
        _report_run(out, html, as_json)


def _report_network(out: str, html: Path | None, as_json: bool) -> None:
    from tscreen.screen.mechanism.page import network_page
    from tscreen.screen.storage.location import Location

    page, mechanism = network_page(out, Location.at(out).base)
    counts = {"molecules": len(mechanism.gibbs), "steps": len(mechanism.steps)}
    shows = f"{len(mechanism.gibbs)} molecules and {len(mechanism.steps)} steps"
    _write(out, html, page, counts, shows, as_json)


def _report_run(out: str, html: Path | None, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import track

    from tscreen.screen.report.collect import collect
    from tscreen.screen.report.details import details
    from tscreen.screen.report.page import page
    from tscreen.screen.report.structures import packed

    console = Console(stderr=True)
    content = collect(out)

    def followed(rows: "pl.DataFrame", what: str) -> Iterable[dict[str, Any]]:
        silent = as_json or not console.is_terminal
        each = rows.iter_rows(named=True)
        return track(each, what, len(rows), console=console, transient=True, disable=silent)

    structures = [packed(row) for row in followed(content.structures, "structures")]
    data = content.as_json([details(row) for row in followed(content.details, "drawings")])
    whole = page(f"{content.account.name} · tscreen", data, structures)
    counts = {"reactions": content.n_results, "rejects": content.n_rejects}
    _write(out, html, whole, counts, content.extent, as_json)


def _write(
    out: str, html: Path | None, page: str, counts: dict[str, int], shows: str, as_json: bool
) -> None:
    """Write the page, and tell where it is and what it shows."""
    from tscreen.screen.storage.location import Location

    written = page.encode()
    folder, name = (Location.at(html.parent), html.name) if html else (Location.at(out), PAGE)
    folder.put_where_told(name, written)
    if as_json:
        print(json.dumps({"html": str(folder / name), **counts, "bytes": len(written)}, indent=2))
    else:
        print(visible(f"'{folder / name}' shows {shows}"))
