"""`tscreen prepare`: transition states alone made into reactions to train on."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tscreen.screen.views.shown import shown

CONSOLE = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(prepare)


def prepare(
    transition_states: Annotated[
        Path,
        typer.Argument(help="Parquet file with ts_positions; reactant or both sides missing."),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file of reactions to write.")],
    molecules: Annotated[
        Path | None,
        typer.Option(help="Parquet file of the molecules that the sides are named by."),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Find the reactants and products of transition states, for training and evaluation.

    Exit code 1 where some rows are left out; the reasons are printed.
    """
    import pyarrow.parquet as pq

    from tscreen.screen.library.preparing import prepare as sides_of

    with Progress(console=CONSOLE, disable=as_json or not CONSOLE.is_terminal) as bar:
        task = bar.add_task("sides of transition states", total=1.0)
        found = sides_of(
            transition_states,
            molecules,
            threads=threads,
            on_progress=lambda done: bar.update(task, completed=done),
        )
    pq.write_table(found.table, out)
    if as_json:
        typer.echo(json.dumps({"rows": found.table.num_rows, "left_out": found.left_out}))
    else:
        for line in found.left_out:
            CONSOLE.print(shown(f"left out: {line}"))
        CONSOLE.print(shown(f"{found.table.num_rows} reactions written to {out}"))
    if found.left_out:
        raise typer.Exit(1)
