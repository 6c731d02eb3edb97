"""How early the steps of a finished exploration would have stood, had it been ordered otherwise.

    tscreen explore khp.smi --out net --max-barrier 90 --molecules 1     # khp.smi: O=CCCOO
    python bench/screen/networks/orders.py net --limit 60

Takes what was enumerated from the start and searched to the end, and asks where in each order those
stand that were verified, however they were found, over barriers up to the limit. The area is the
mean share of them that a search has found, over all lengths of the search: 1 where all come first,
0.5 by chance.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from tscreen.actors.exploring.building import rough
from tscreen.actors.exploring.enumeration import BondLimits, Enumeration
from tscreen.actors.exploring.graphs import graph_of
from tscreen.actors.exploring.proposing import Proposer
from tscreen.schemas import columns as c
from tscreen.screen.networks.queue import pair_of
from tscreen.screen.networks.tables import read_steps

MOST_WAYS = 200_000
WEIGHTS = (1.0, 2.0, 5.0, 10.0, 20.0)
"""kcal/mol that a unit of minus the log-probability counts for."""
FIRST = (5, 10, 20, 40)


def rates(reactants: tuple[str, ...], proposer: Proposer) -> dict[tuple[str, ...], float]:
    """Log-probabilities of the enumerated products."""
    graph = graph_of(reactants[0])
    for other in reactants[1:]:
        graph = graph.beside(graph_of(other))
    enumeration = Enumeration(graph, BondLimits())
    structure = np.concatenate([rough(one, 0).positions for one in reactants])
    rated, _ = proposer.rated(enumeration, enumeration.steps(MOST_WAYS), structure, 0)
    return {one.step.products: one.log_probability for one in rated}


def main() -> None:
    """Print where the verified steps stand in each order."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", type=Path)
    parser.add_argument("--limit", type=float, default=60.0, help="Of barriers, kcal/mol.")
    parser.add_argument("--weights", type=Path)
    asked = parser.parse_args()
    proposer = Proposer.load(asked.weights)
    assert proposer is not None, "there are no weights that propose steps"
    queued = pl.read_parquet(asked.net / "generations/1/steps.parquet")
    sides = [(tuple(r), tuple(p)) for r, p in queued.select(c.REACTANTS, c.PRODUCTS).rows()]
    known = {one: rates(one, proposer) for one in {reactants for reactants, _ in sides}}
    learnt = -np.array([known[reactants][products] for reactants, products in sides])
    found = pl.DataFrame(read_steps(asked.net)).filter(pl.col(c.BARRIER) <= asked.limit)
    pairs = {pair_of(*side) for side in found.select(c.REACTANTS, c.PRODUCTS).rows()}
    true = np.array([pair_of(*side) in pairs for side in sides])
    print(f"{true.sum()} of {len(true)} steps were verified over at most {asked.limit:g} kcal/mol")
    energy = queued[c.REACTION_ENERGY].to_numpy()
    changes = queued[c.N_BOND_CHANGES].to_numpy()
    orders = {
        "energy": energy,
        "fewest changes": changes,
        "energy + 10 changes": energy + 10 * changes,
    }
    orders["network"] = learnt
    uphill = energy.clip(0.0)
    orders["uphill + 10 changes"] = uphill + 10 * changes
    orders |= {f"uphill + {one:g} network": uphill + one * learnt for one in WEIGHTS}
    orders["energy + 10 network"] = energy + 10 * learnt
    for name, cost in orders.items():
        # Those that are level with each other in the middle of all orders among them.
        place = np.array([((cost < x).sum() + (cost <= x).sum() - 1) / 2 for x in cost])[true]
        area = 1 - (place - (true.sum() - 1) / 2).mean() / (len(true) - true.sum())
        firsts = ", ".join(f"{(place < k).sum()} in {k}" for k in FIRST)
        print(f"{name:22} area {area:.3f}; {firsts}")


if __name__ == "__main__":
    main()
