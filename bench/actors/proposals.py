"""How early the true product of a reaction stands among the steps that are proposed.

    python bench/actors/proposals.py shared/data/gdb7_22_ts.parquet --rows 200
    python bench/actors/proposals.py shared/data/gdb7_22_ts.parquet --split held-out --rows 40 \
        --energies energies.json

Takes `val` rows at random, those of `enumeration.py`, or rows that are held out from training, by
which the order of an exploration was chosen. Structures are built from the names, as an exploration
does; only the true product's name is taken from the row. Orders of the b2f2 products are compared:
by the number of changes (equally many in random order), by a table of templates, by the network.
Then the network's own list, in which other steps stand, too. With `--energies` every product is
built and relaxed roughly with GFN2-xTB, as `tscreen explore` does (some 30 s of a core for each
row), and kept in that file; then orders by the energy of the reaction are compared as well.
"""

import argparse
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from bond_templates import TemplateTable
from enumeration import MOST_WAYS, names
from rich.progress import track

from tscreen.actors.exploring.building import rough
from tscreen.actors.exploring.enumeration import BondLimits, Enumeration, PossibleStep
from tscreen.actors.exploring.graphs import graph_of, graph_of_structure
from tscreen.actors.exploring.proposing import Proposer
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.data import HELD_OUT_PERCENT, by_hash
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL

FIRST = (1, 5, 10, 20, 50, 190)
LIMIT = 90.0
"""kcal/mol; what lies higher is not searched."""
SAMPLE = 200
"""Reactants that are enumerated for the table of templates."""
WEIGHTS = (2.0, 5.0, 10.0, 20.0)
"""kcal/mol that a unit of minus the log-probability counts for."""


class Energies:
    """Of roughly relaxed molecules, eV, None for what is no minimum; kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = json.loads(file.read_text()) if file.exists() else {}

    def of(self, products: tuple[str, ...]) -> float | None:
        """The sum of some molecules."""
        for name in products:
            if name not in self._known:
                try:
                    self._known[name] = float(rough(name, 0).energy)
                except CalculationError:
                    self._known[name] = None
        cells = [self._known[name] for name in products]
        return None if None in cells else sum(cells)

    def keep(self) -> None:
        """Write the file anew."""
        self._file.write_text(json.dumps(self._known))


def drawn(table: Path, split: str, count: int) -> list[dict]:
    """Rows at random, by a fixed seed; of those held out, fewer are the first of more."""
    rows = pl.scan_parquet(table)
    if split == "val":
        return rows.filter(pl.col(c.SPLIT) == "val").collect().sample(count, seed=0).to_dicts()
    found = (
        rows.filter(pl.col(c.SPLIT) == "train").collect().sample(fraction=1.0, shuffle=True, seed=0)
    )
    share = found[c.REACTION_ID].map_elements(by_hash, return_dtype=pl.Int64)
    return found.filter(share < HELD_OUT_PERCENT).head(count).to_dicts()


def templates(table: Path) -> TemplateTable:
    """Counted on the training rows that are not held out."""
    rows = pl.scan_parquet(table).filter(pl.col(c.SPLIT) == "train").collect()
    known = []
    for row in rows.sample(fraction=1.0, shuffle=True, seed=1).to_dicts():
        if by_hash(row[c.REACTION_ID]) < HELD_OUT_PERCENT:
            continue
        z = np.array(row[c.ATOMIC_NUMBERS])
        reactant = graph_of_structure(z, np.array(row[c.REACTANT_POSITIONS]))
        x, where = np.array(row[c.PRODUCT_POSITIONS]), np.array(row[c.PRODUCT_FRAGMENTS])
        after = set(graph_of_structure(z, x + 100.0 * where[:, None]).bonds)
        before = set(reactant.bonds)
        if before != after:
            known.append((reactant, sorted(before - after), sorted(after - before)))
    return TemplateTable(known, SAMPLE, MOST_WAYS)


def place(costs: list[float], true: int | None) -> float:
    """How many stand before the true one, half of those that are level with it included."""
    if true is None or math.isinf(costs[true]):
        return math.inf
    cost = np.array(costs)
    return float((cost < cost[true]).sum() + ((cost == cost[true]).sum() - 1) / 2)


def position(products: list[tuple[str, ...]], true: tuple[str, ...]) -> int | None:
    """Where the true one stands."""
    return products.index(true) if true in products else None


def places(
    row: dict, proposer: Proposer, table: TemplateTable, energies: Energies | None
) -> dict[str, float] | None:
    """The place of the true product by each order; None where there is no such product."""
    own, true = names(row, "reactant"), names(row, "product")
    if own is None or len(own) != 1 or own == true:
        return None
    graph = graph_of(own[0])
    try:
        structure = _structure(own[0])
    except CalculationError:
        return None
    enumeration = Enumeration(graph, BondLimits())
    steps = enumeration.steps(MOST_WAYS)
    rated, others = proposer.rated(enumeration, steps, structure, FIRST[-1])
    at = position([one.step.products for one in rated], true)
    changes = [10.0 * step.changes for step in steps]
    learnt = [-one.log_probability for one in rated]
    told = {
        "b2f2, fewest changes": place(changes, at),
        "b2f2, templates": place([-table.log_likelihood(graph, step) for step in steps], at),
        "b2f2, network": place(learnt, at),
    }
    if energies is not None:
        uphill = _uphill(own, steps, energies)
        told["b2f2, energy"] = place(uphill, at)
        told["b2f2, energy and changes"] = place(list(np.add(uphill, changes)), at)
        for weight in WEIGHTS:
            cost = np.add(uphill, weight * np.array(learnt))
            told[f"b2f2, energy and {weight:g} of the network"] = place(list(cost), at)
        bound = np.where(np.isinf(uphill), np.inf, learnt)
        told["b2f2, network, bounded"] = place(list(bound), at)
    everything = [*rated, *others]
    own_list = place(
        [-one.log_probability for one in everything],
        position([one.step.products for one in everything], true),
    )
    told["network"] = own_list
    told["not b2f2"] = own_list if at is None else math.nan
    return told


@cache
def _structure(name: str) -> np.ndarray:
    return rough(name, 0).positions


def _uphill(own: tuple[str, ...], steps: list[PossibleStep], energies: Energies) -> list[float]:
    """Reaction energies, kcal/mol; infinite where no search is made."""
    before = energies.of(own)
    found = []
    for step in steps:
        after = energies.of(step.products)
        lies = after is not None and (after - before) / KCAL_MOL <= LIMIT
        found.append((after - before) / KCAL_MOL if lies else math.inf)
    energies.keep()
    return found


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--split", choices=("val", "held-out"), default="val")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--energies", type=Path)
    asked = parser.parse_args()
    proposer = Proposer.load(asked.weights)
    assert proposer is not None, "there are no weights that propose steps"
    energies = Energies(asked.energies) if asked.energies else None
    table = templates(asked.table)
    rows = drawn(asked.table, asked.split, asked.rows)
    told = [places(row, proposer, table, energies) for row in track(rows)]
    found = pl.DataFrame([one for one in told if one is not None])
    print(f"{len(found)} of {len(rows)} rows start at one molecule and change its name")
    for name in found.columns[:-1]:
        shares = [f"{k}: {int((found[name] < k).sum())}" for k in FIRST]
        print(f"{name:42} {', '.join(shares)}")
    others = found["not b2f2"].drop_nans()
    count = int(others.is_finite().sum())
    print(f"{len(others)} are no b2f2 products; the network has {count} of them")


if __name__ == "__main__":
    main()
