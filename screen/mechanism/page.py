"""A network as one HTML page: graph, routes, energy diagrams and 3D structures; needs no network.

As on the page of a run, data enter only as base64, scripts write them as text and never as markup,
and a policy lets nothing run but the scripts of this package, and nothing load at all.
"""

import base64
import html
import json
import math
import zlib
from importlib.resources import files
from string import Template
from typing import Any

import networkx as nx
import numpy as np
import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.screen.mechanism.best import Best
from tscreen.screen.mechanism.energies import Mechanism
from tscreen.screen.mechanism.reading import read_mechanism
from tscreen.screen.mechanism.routes import Route, RouteSearch
from tscreen.screen.networks.tables import read_molecules, read_steps
from tscreen.screen.report.page import ASSETS, VIEWER, VIEWER_LICENCE, digest
from tscreen.screen.storage.location import LocationLike

OWN = files("tscreen.screen.mechanism") / "assets"
DIGITS = 3
"""Of coordinates in Angstrom and of energies in kcal/mol."""


def network_page(net: LocationLike, name: str) -> tuple[str, Mechanism]:
    """The whole page, and what it shows.

    Args:
        net: folder of the network.
        name: its title.

    Raises:
        UsageError: the folder holds no network, or its tables cannot be read.
    """
    mechanism = read_mechanism(net)
    molecules, rows = pl.DataFrame(read_molecules(net)), pl.DataFrame(read_steps(net))
    shown = content(mechanism, molecules, rows, name)
    data = json.dumps(shown, allow_nan=False, separators=(",", ":"))
    style, script = ((OWN / one).read_text("utf-8") for one in ("network.css", "network.js"))
    viewer = (ASSETS / VIEWER).read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src {digest(viewer)} {digest(script)}; "
        f"style-src {digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    whole = Template((OWN / "network.html").read_text("utf-8")).substitute(
        policy=policy,
        title=html.escape(f"{name} · tscreen"),
        style=style,
        viewer=viewer,
        script=script,
        data=base64.b64encode(zlib.compress(data.encode(), 9)).decode(),
        licence=html.escape((ASSETS / VIEWER_LICENCE).read_text("utf-8")),
    )
    return whole, mechanism


def content(
    mechanism: Mechanism, molecules: pl.DataFrame, rows: pl.DataFrame, name: str
) -> dict[str, Any]:
    """What the page is made of: molecules, steps, their places, and a route to each molecule.

    Molecules and steps are named by their number in the lists.
    """
    number = {molecule: k for k, molecule in enumerate(mechanism.gibbs)}
    steps = {step.name: k for k, step in enumerate(mechanism.steps)}
    places = layout(mechanism)
    known = {row[c.MOLECULE]: row for row in molecules.to_dicts()}
    finite = rows.with_columns(pl.col(c.IMAGINARY_FREQUENCY).fill_nan(None))
    found = {row[c.REACTION_ID]: row for row in finite.to_dicts()}
    best: dict[str, Route] = {}
    for route in RouteSearch(mechanism, mechanism.start, Best.BARRIER, 1).all():
        best.setdefault(route.end, route)
    return {
        "name": name,
        "temperature": mechanism.temperature,
        "misfit": round(mechanism.misfit, DIGITS),
        "leftOut": mechanism.left_out,
        "molecules": [
            {
                "name": one,
                "formula": known.get(one, {}).get(c.FORMULA),
                "generation": known.get(one, {}).get(c.GENERATION),
                "place": places[one, "molecule"],
                "xyz": xyz(known.get(one, {}), c.MOLECULE_POSITIONS),
            }
            for one in mechanism.gibbs
        ],
        "steps": [
            {
                "name": step.name,
                "reactants": [number[one] for one in step.reactants],
                "products": [number[one] for one in step.products],
                "barrier": round(step.barrier, DIGITS),
                "reverse": round(step.reverse_barrier, DIGITS),
                "rate": round(mechanism.log_rate(step.barrier) / math.log(10), DIGITS),
                "thermal": step.thermal,
                "frequency": found[step.name][c.IMAGINARY_FREQUENCY],
                "level": found[step.name][c.ENERGY_LEVEL],
                "warnings": found[step.name][c.WARNINGS] or [],
                "place": places[step.name, "step"],
                "xyz": xyz(found[step.name], c.TS_POSITIONS),
            }
            for step in mechanism.steps
        ],
        "routes": [
            {
                "begin": number[route.begin],
                "end": number[route.end],
                "steps": [[steps[t.step.name], t.forward, number[t.into]] for t in route.turns],
                "summits": [round(one, DIGITS) for one in route.summits],
                "levels": [round(one, DIGITS) for one in route.levels],
                "time": round(route.log_time / math.log(10), DIGITS),
            }
            for route in best.values()
        ],
    }


def layout(mechanism: Mechanism) -> dict[tuple[str, str], list[float]]:
    """Where each molecule and step is drawn, from -1 to 1 across and down, by springs."""
    graph = nx.Graph()
    graph.add_nodes_from((name, "molecule") for name in mechanism.gibbs)
    for step in mechanism.steps:
        for name in (*step.reactants, *step.products):
            graph.add_edge((step.name, "step"), (name, "molecule"))
    hub, *others = [min(part) for part in nx.connected_components(graph)] or [None]
    graph.add_edges_from((hub, other) for other in others)  # keeps separate parts near
    # Farther apart than the default, for the sake of the names.
    spring = 2.5 / math.sqrt(len(graph) or 1)
    found = nx.spring_layout(graph, k=spring, iterations=300, seed=1)
    if not found:
        return {}
    places = np.array(list(found.values()))
    low, high = places.min(0), places.max(0)
    filled = 2 * (places - low) / np.maximum(high - low, 1e-9) - 1
    return dict(zip(found, filled.round(4).tolist(), strict=True))


def xyz(row: dict[str, Any], column: str) -> str | None:
    """A structure in the format of XYZ files; None where there is none."""
    numbers, positions = row.get(c.ATOMIC_NUMBERS), row.get(column)
    if not numbers or not positions or len(numbers) != len(positions):
        return None
    if not np.isfinite(positions).all():
        return None
    lines = [
        " ".join([SYMBOLS[number], *(f"{x:.{DIGITS}f}" for x in position)])
        for number, position in zip(numbers, positions, strict=True)
    ]
    return "\n".join([str(len(numbers)), "", *lines])
