"""How often the true product of a reaction is among those that are enumerated of its reactant.

    python bench/actors/enumeration.py shared/data/gdb7_22_ts.parquet --rows 200

Takes `val` rows at random, by a fixed seed. Names forget stereochemistry, so a reaction that
changes nothing else has no product to be found, and is counted apart.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration
from tscreen.actors.exploring.graphs import graph_of, graph_of_structure, names_of
from tscreen.schemas import columns as c

MOST_WAYS = 200_000


def names(row: dict, side: str) -> tuple[str, ...] | None:
    """The molecules of a side; None where the valences of one do not fit."""
    numbers = np.array(row[c.ATOMIC_NUMBERS])
    positions = np.array(row[f"{side}_positions"])
    fragments = np.array(row[f"{side}_fragments"])
    parts = [fragments == one for one in np.unique(fragments)]
    found = [names_of(graph_of_structure(numbers[part], positions[part])) for part in parts]
    return None if None in found else tuple(sorted(name for part in found for name in part or ()))


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--broken", type=int, default=2)
    parser.add_argument("--formed", type=int, default=2)
    asked = parser.parse_args()
    rows = pl.scan_parquet(asked.table).filter(pl.col(c.SPLIT) == "val").collect()
    rows = rows.sample(asked.rows, seed=0)
    verdicts: Counter[str] = Counter()
    products, began = [], time.process_time()
    for row in rows.to_dicts():
        reactant, product = names(row, "reactant"), names(row, "product")
        if reactant is None or product is None:
            verdicts["no closed-shell formula"] += 1
        elif reactant == product:
            verdicts["same names on both sides"] += 1
        elif len(reactant) > 1:
            verdicts["several reactants"] += 1
        else:
            limits = BondLimits(asked.broken, asked.formed)
            steps = Enumeration(graph_of(reactant[0]), limits).steps(MOST_WAYS)
            products.append(len(steps))
            is_found = any(step.products == product for step in steps)
            verdicts["found" if is_found else "not found"] += 1
    seconds = (time.process_time() - began) / max(1, len(products))
    print(dict(verdicts))
    print(f"median {np.median(products):.0f} products, {seconds:.2f} s of a core each")


if __name__ == "__main__":
    main()
