"""Makes a table of reference transition states of what `optimise.py` has optimised.

    python bench/model/labels/optimised.py built radicals_ts.parquet optimised-*.jsonl

Its reactants and products are those of ``built``, made of SMILES alone; its barriers are above the
optimised molecules. All rows are `val`. Saddle points are left out that have left the one that they
started from: they are others than the search has verified.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from gather import LEVELS, Line, reactions_by_id, read_lines, side_of

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL

LEFT = 0.5
"""Å, RMSD of a saddle point from where it started."""
SIDES = ("reactant", "product")


def row_of(
    r: Reaction, line: Line, molecules: dict[str, Line], level: str
) -> dict[str, Any] | None:
    """A row of the table; None where a molecule has other bonds than in the reaction."""
    minima, energy = {}, {}
    for name in SIDES:
        own = [molecules[key] for key in line[name]]
        positions, fragments = (getattr(r, f"{name}_{what}") for what in ("positions", "fragments"))
        side = side_of(r.atomic_numbers, positions, fragments, own)
        if side is None:
            return None
        minima[name], energy[name] = side.positions.tolist(), side.energy
    return {
        c.REACTION_ID: r.reaction_id,
        c.ATOMIC_NUMBERS: r.atomic_numbers.tolist(),
        c.REACTANT_POSITIONS: r.reactant_positions.tolist(),
        c.PRODUCT_POSITIONS: r.product_positions.tolist(),
        c.REACTANT_FRAGMENTS: r.reactant_fragments.tolist(),
        c.PRODUCT_FRAGMENTS: r.product_fragments.tolist(),
        c.CHARGE: r.charge,
        c.MULTIPLICITY: r.multiplicity,
        c.TS_POSITIONS: line["x"],
        c.RELAXED_SIDES: list(SIDES),
        **dict(zip(c.MINIMA, minima.values(), strict=True)),
        c.BARRIER: (line["e"] - energy["reactant"]) / KCAL_MOL,
        c.BARRIER_LEVEL: level,
        c.SPLIT: "val",
    }


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("optimised", type=Path, nargs="+")
    parser.add_argument("--augmented", action="store_true", help="the basis of the optimisation")
    arguments = parser.parse_args()
    molecules, found = read_lines(arguments.optimised, "ts")
    points, reactions = list(found.values()), reactions_by_id(arguments.built)
    near = [line for line in points if line["moved"] < LEFT]
    level = LEVELS[arguments.augmented]
    made = [row_of(reactions[line["id"]], line, molecules, level) for line in near]
    rows = [row for row in made if row is not None]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(arguments.out)
    moved, steps = (np.array([line[name] for line in points]) for name in ("moved", "steps"))
    print(
        f"{len(points)} saddle points, moved by {moved.mean():.3f} Å in the mean and "
        f"{np.median(moved):.3f} in the median, in {steps.mean():.1f} steps; {len(rows)} rows"
    )


if __name__ == "__main__":
    main()
