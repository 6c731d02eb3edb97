"""`tscreen network`: steps, routes, kinetics and exports of a network."""

import json as jsonlib
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.best import Best
from tscreen.screen.views.shown import visible

if TYPE_CHECKING:
    from rich.table import Table

    from tscreen.screen.mechanism.energies import Mechanism
    from tscreen.screen.mechanism.kinetics import Course
    from tscreen.screen.mechanism.routes import Route


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(network)


def network(
    net: Annotated[str, typer.Argument(help="Folder of a network; path or URI.")],
    begin: Annotated[
        str | None,
        typer.Option("--from", help="SMILES that routes begin with; else the start molecules."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="SMILES of the molecule that routes lead to.")
    ] = None,
    by: Annotated[
        Best,
        typer.Option(help="Best routes first: lowest highest TS, or shortest time for all steps."),
    ] = Best.BARRIER,
    temperature: Annotated[
        float | None, typer.Option(min=1.0, help="K; without it that of the exploration.")
    ] = None,
    kinetics: Annotated[
        bool, typer.Option("--kinetics", help="Follow the concentrations over time.")
    ] = False,
    start: Annotated[
        list[str] | None,
        typer.Option(help='What kinetics begin with, mol/L: "SMILES=1.0"; may be repeated.'),
    ] = None,
    time: Annotated[float, typer.Option(help="Until when kinetics go, s.")] = 1e3,
    plot: Annotated[
        Path | None, typer.Option(help="Picture of the kinetics: .png, .svg or .pdf.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="New file: .graphml, or .yaml for Cantera.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many steps, routes, molecules.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the steps of a network, its best routes between molecules, or its kinetics."""
    from rich.console import Console

    from tscreen.screen.mechanism.reading import read_mechanism
    from tscreen.screen.views import mechanism_tables as views

    if begin and not end:
        raise UsageError("--from needs --to: name the molecule that routes lead to")
    if kinetics != bool(start) or (plot and not kinetics):
        raise UsageError(
            '--kinetics, and --plot, need --start "SMILES=1.0", which needs --kinetics'
        )
    mechanism = read_mechanism(net, temperature)
    tables: list[Table] = []
    answer: dict[str, Any] = {"temperature_k": mechanism.temperature}
    if end:
        routes = _routes(mechanism, begin, end, by, n)
        answer["routes"] = [_as_json(one) for one in routes]
        tables.append(views.routes_table(routes, f"to {end} at {mechanism.temperature:g} K"))
    if start:
        course = _course(mechanism, start, time, plot)
        answer["final_mol_l"] = course.final
        tables.append(views.concentrations_table(course.final, time, n))
    if export:
        _export(mechanism, net, export)
        answer["export"] = str(export)
    if not (end or start or export):
        answer |= asdict(mechanism)
        tables.append(views.steps_table(mechanism, n))
    if json:
        print(jsonlib.dumps(answer, indent=2))
    else:
        Console().print(*tables)
        for path in filter(None, (plot, export)):
            print(visible(f"'{path}' is written"))


def _routes(mechanism: "Mechanism", begin: str | None, end: str, by: Best, n: int) -> "list[Route]":
    from tscreen.screen.mechanism.reading import molecules_of
    from tscreen.screen.mechanism.routes import RouteSearch

    begins: Iterable[str] = molecules_of(mechanism, begin) if begin else mechanism.start
    ends = molecules_of(mechanism, end)
    if len(ends) > 1:
        raise UsageError(f"--to '{end}' is {len(ends)} molecules; routes lead to one")
    routes = RouteSearch(mechanism, begins, by, n).to(ends[0])
    if not routes:
        raise UsageError(
            f"no route leads from {begin or 'the start'} to '{end}'; a step needs all its "
            "reactants from the start or from what was formed: begin with them, as --from A.B"
        )
    return routes


def _as_json(route: "Route") -> dict[str, Any]:
    steps = zip(route.turns, route.summits, route.levels, strict=True)
    return {
        "highest_ts_kcal_mol": route.summit,
        "log10_time_s": route.log_time / math.log(10),
        "steps": [
            {
                "reaction_id": turn.step.name,
                "forward": turn.forward,
                "reactants": turn.used,
                "products": turn.made,
                "ts_kcal_mol": summit,
                "level_kcal_mol": level,
                "thermal": turn.step.thermal,
            }
            for turn, summit, level in steps
        ],
    }


def _course(mechanism: "Mechanism", start: list[str], time: float, plot: Path | None) -> "Course":
    from tscreen.screen.mechanism.kinetics import course
    from tscreen.screen.mechanism.reading import molecules_of
    from tscreen.screen.views.plots import write_course

    if not 0 < time < math.inf:
        raise UsageError(f"--time {time:g} is no time; give seconds above 0")
    amounts: dict[str, float] = {}
    for one in start:
        smiles, _, amount = one.rpartition("=")
        for name in molecules_of(mechanism, smiles):
            amounts[name] = amounts.get(name, 0.0) + _concentration(one, amount)
    followed = course(mechanism, amounts, time)
    if plot:
        write_course(followed, mechanism.temperature, plot)
    return followed


def _concentration(given: str, amount: str) -> float:
    try:
        value = float(amount)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"--start '{given}' has no concentration above 0; write SMILES=mol/L")
    return value


def _export(mechanism: "Mechanism", net: str, file: Path) -> None:
    import polars as pl

    from tscreen.screen.mechanism.exports import export_mechanism
    from tscreen.screen.networks.tables import read_molecules

    export_mechanism(mechanism, pl.DataFrame(read_molecules(net)), file)
