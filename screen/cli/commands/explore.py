"""`tscreen explore`: from molecules to a network of verified elementary steps."""

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from tscreen.actors.defaults import Effort
from tscreen.schemas.units import ROOM_TEMPERATURE
from tscreen.screen.engine.settings import EngineName
from tscreen.screen.networks.asked import Asked
from tscreen.screen.views.shown import visible

NOTHING_FOUND = 1


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(explore)


def explore(
    start: Annotated[
        str,
        typer.Argument(
            help="Molecules: .smi, .csv with a column smiles, .xyz, .sdf, or Parquet; path or URI."
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the network; path or URI.")],
    depth: Annotated[int, typer.Option(min=1, help="Generations.")] = 1,
    max_barrier: Annotated[
        float,
        typer.Option(
            help="In kcal/mol: steps that go up further are not searched, and molecules behind a "
            "higher barrier not gone on from."
        ),
    ] = 60.0,
    max_reactions: Annotated[
        int | None, typer.Option(min=1, help="The most searches in all.")
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="After which no further batch of searches begins.")
    ] = None,
    broken: Annotated[
        int, typer.Option("--break", min=0, help="The most bonds that break in enumerated steps.")
    ] = 2,
    formed: Annotated[
        int, typer.Option("--form", min=1, help="The most bonds that form in enumerated steps.")
    ] = 2,
    proposed: Annotated[
        int,
        typer.Option(
            min=0,
            help="The most probable steps by the model, up to so many of each molecule or pair, "
            "are searched beside the enumerated ones.",
        ),
    ] = 50,
    molecules: Annotated[
        int, typer.Option(min=1, max=2, help="The most that come together in a step.")
    ] = 2,
    max_atoms: Annotated[int, typer.Option(min=2, help="Of a step; larger are left out.")] = 30,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    effort: Annotated[Effort, typer.Option(help="Of each search.")] = Effort.NORMAL,
    level: Annotated[str | None, typer.Option(help="Level of theory of the searches.")] = None,
    solvent: Annotated[str | None, typer.Option(help="Implicit solvent (ALPB).")] = None,
    search_timeout: Annotated[
        float | None,
        typer.Option(min=1, help="Processor seconds for one search; by default by its size."),
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=1, help="Of Gibbs energies and rate constants, in K.")
    ] = ROOM_TEMPERATURE,
    engine: Annotated[EngineName, typer.Option(help="As of tscreen run.")] = EngineName.AUTO,
    address: Annotated[str | None, typer.Option(help="Ray cluster to run on.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Folder of weights.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON only.")] = False,
) -> None:
    """Explore: all steps that break and form a few bonds, searched, verified and gone on from."""
    from tscreen.screen.engine.progress import best_show
    from tscreen.screen.networks.explore import explore as explore_network

    of_runs = {
        "seed": seed,
        "effort": effort,
        "level": level,
        "solvent": solvent,
        "search_timeout": search_timeout,
        "temperature": temperature,
        "engine": engine,
        "address": address,
        "weights": weights,
    }
    asked = Asked(
        start,
        out,
        depth,
        max_barrier,
        max_reactions,
        max_minutes,
        broken,
        formed,
        proposed,
        molecules,
        max_atoms,
        of_runs,
    )
    report = explore_network(asked, best_show(as_json))
    if as_json:
        print(jsonlib.dumps(report, indent=2))
    else:
        by = report["found_by"]
        told = (
            f"{report['steps']} verified steps between {report['molecules']} molecules in "
            f"'{report['network']}' ({by['enumerated']} enumerated, {by['proposed']} proposed by "
            f"the model, {by['other-end']} found where other ways down led), of "
            f"{report['searches']} searches in {report['total_s'] / 60:.1f} min; {report['ended']}"
        )
        print(visible(told))
    if not report["steps"]:
        raise typer.Exit(NOTHING_FOUND)
