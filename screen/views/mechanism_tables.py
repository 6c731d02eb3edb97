"""A network on a terminal: molecules, steps, routes and concentrations."""

import math
from collections.abc import Iterable, Mapping
from itertools import islice

from rich.table import Table

from tscreen.screen.mechanism.energies import Mechanism
from tscreen.screen.mechanism.routes import Route, Turn
from tscreen.screen.views.shown import shown, titled

KCAL = "kcal/mol"
WORTH_TELLING = 1.0
"""Misfit in kcal/mol from which on the table says so."""


def steps_table(mechanism: Mechanism, n: int) -> Table:
    """The steps with the lowest barriers, from the side that lies lower."""
    steps = sorted(mechanism.steps, key=lambda one: max(one.barrier, one.reverse_barrier))
    table = titled(
        f"{len(mechanism.gibbs)} molecules, {len(steps)} steps at {mechanism.temperature:g} K",
        *_notes(mechanism, min(n, len(steps))),
    )
    for heading in ("step", f"barrier\n{KCAL}", f"back\n{KCAL}", f"energy\n{KCAL}", "rate\nlog10"):
        numeric = heading != "step"
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for step in islice(steps, n):
        numbers = (step.barrier, step.reverse_barrier, step.energy)
        mark = "" if step.thermal else " *"
        table.add_row(
            shown(f"{_side(step.reactants)} ⇌ {_side(step.products)}{mark}"),
            *(f"{number:.1f}" for number in numbers),
            f"{mechanism.log_rate(step.barrier) / math.log(10):.1f}",
        )
    return table


def _notes(mechanism: Mechanism, n: int) -> list[str]:
    notes = ["Gibbs energies at 1 mol/L; rate in 1/s, or L/(mol s) where two molecules meet"]
    if n < len(mechanism.steps):
        notes.append(f"the {n} steps with the lowest barriers; -n shows more")
    if not all(step.thermal for step in mechanism.steps):
        notes.append("* electronic energies: the row has no thermochemistry")
    if mechanism.left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in mechanism.left_out.items())
        notes.append(f"rows left out: {reasons}")
    if mechanism.misfit > WORTH_TELLING:
        notes.append(
            f"around cycles the rows disagree: reaction energies moved by up to "
            f"{mechanism.misfit:.1f} {KCAL}"
        )
    return notes


def routes_table(routes: Iterable[Route], title: str) -> Table:
    """A line for each step of each route."""
    table = titled(
        title,
        f"{KCAL} over the beginning; time: mean first passage, co-reactants at 1 mol/L",
    )
    for heading in ("route", "step", "TS", "after it", "time, s"):
        numeric = heading in ("TS", "after it", "time, s")
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for number, route in enumerate(routes, 1):
        steps = zip(route.turns, route.summits, route.levels, strict=True)
        for turn, summit, level in steps:
            first = turn is route.turns[0]
            highest = "bold" if summit == route.summit else ""
            table.add_row(
                str(number) if first else "",
                shown(equation(turn)),
                shown(f"{summit:.1f}", highest),
                f"{level:.1f}",
                f"{power_of_ten(route.log_time)}" if first else "",
            )
        table.add_section()
    return table


def concentrations_table(final: Mapping[str, float], time: float, n: int) -> Table:
    """The molecules of which there is most in the end."""
    table = titled(f"after {time:g} s", f"the {min(n, len(final))} highest of {len(final)}")
    table.add_column("molecule", overflow="fold")
    table.add_column("mol/L", justify="right")
    for name, amount in islice(final.items(), n):
        table.add_row(shown(name), f"{amount:.3g}")
    return table


def equation(turn: Turn) -> str:
    """A step as a route takes it."""
    return f"{_side(turn.used)} → {_side(turn.made)}"


def power_of_ten(log: float) -> str:
    """A number of any size, from its natural logarithm."""
    return f"10^{log / math.log(10):.1f}"


def _side(molecules: Iterable[str]) -> str:
    return " + ".join(molecules)
