"""The correction of closed shells that are not like those of GDB7-22-TS.

    python bench/model/larger_molecules.py tables gdb7_22_ts.parquet cyclo_23_ts.parquet OUT
    python bench/model/larger_molecules.py forces gdb7_22_ts.parquet cyclo_23_ts.parquet

The first writes what `tscreen train --part correction --init shipped` learns from, beside tables of
`labels`:

- `gdb7_as_larger`: some reactions of GDB7-22-TS at a level for larger molecules, to be named first:
  so this level comes before others where none knows a reaction better. Reactions whose energies
  are known (`energies/gather.py`) are all among them.
- `geometries`: cycloadditions without their barriers, at that level;
- `cyclo_23_ts`: cycloadditions at their own level;
- `anchors`: some of GDB7-22-TS with electronic barriers at the level of the reactions by rule, so
  that it does not forget what these lack;
- `additions_as_larger`, `additions_as_gdb7`: reactions by rule, and saddle points found for them,
  at the two levels of GDB7-22-TS.

The second prints what each level leaves of the forces at stationary points of both tables.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.append(str(Path(__file__).parent / "labels"))
from gather import BETTER_LEVEL

from tscreen.actors.labels import labels_of, stationary_points
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import Surface
from tscreen.model.correction.committee import Committee, load_committee
from tscreen.model.correction.training.stationary import StationaryPoint, why_unusable
from tscreen.model.reactions.data import load_reference
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL

ADDITIONS = [
    Path(__file__).parent / "labels" / f"{name}.parquet"
    for name in ("additions", "addition_saddles")
]
LEVEL = "CCSD(T)-F12a/cc-pVDZ-F12//wB97X-D3/def2-TZVP, halogens and larger molecules, with ZPE"
MOST_ATOMS = 38
"""Of cycloadditions; GFN2-xTB's labels of larger ones take hours."""
TRAIN, VAL, SEED = 4000, 200, 5
"""Reactions of GDB7-22-TS."""
ANCHORS = 1500
"""Of these, those are used whose labels have the zero-point part of the barrier."""
CLOSED_SHELL = (0, 1)
ON = Surface(CORRECTED_LEVEL)
"""Second derivatives are those of what is shipped."""


def small(path: Path) -> pl.DataFrame:
    """Reactions of few enough atoms."""
    return pl.read_parquet(path).filter(pl.col(c.ATOMIC_NUMBERS).list.len() <= MOST_ATOMS)


def write_tables(gdb7: Path, cyclo: Path, out: Path) -> None:
    """See above; what a level learns has its name."""
    named = pl.lit(LEVEL).alias(c.BARRIER_LEVEL)
    own, every = small(cyclo), pl.read_parquet(gdb7)
    parts = [
        every.filter(pl.col(c.SPLIT) == split).sample(count, seed=SEED)
        for split, count in (("train", TRAIN), ("val", VAL))
    ]
    if c.REACTION_ENERGY in every.columns:
        parts.append(every.filter(pl.col(c.REACTION_ENERGY).is_not_null()))
    no_barrier = pl.lit(None, pl.Float64).alias(c.BARRIER)
    names = pl.col(c.REACTION_ID) + "-geometry"
    out.mkdir(parents=True, exist_ok=True)
    own.write_parquet(out / "cyclo_23_ts.parquet")
    drawn = pl.concat(parts).unique(c.REACTION_ID, maintain_order=True)
    drawn.with_columns(named).write_parquet(out / "gdb7_as_larger.parquet")
    own.with_columns(named, no_barrier, names).write_parquet(out / "geometries.parquet")
    gdb7_level = drawn[c.BARRIER_LEVEL][0]
    for name, level in (("larger", LEVEL), ("gdb7", gdb7_level)):
        tables = map(pl.read_parquet, ADDITIONS)
        table = pl.concat(tables).with_columns(pl.lit(level).alias(c.BARRIER_LEVEL))
        ids = pl.col(c.REACTION_ID) + f"-{name}"
        table.with_columns(ids).write_parquet(out / f"additions_as_{name}.parquet")
    write_anchors(drawn.sample(ANCHORS, seed=SEED), out)


def write_anchors(rows: pl.DataFrame, out: Path) -> None:
    """Those of these rows whose labels have the zero-point part of the barrier, without it."""
    anchors = out / "anchors.parquet"
    named, names = pl.lit(BETTER_LEVEL).alias(c.BARRIER_LEVEL), pl.col(c.REACTION_ID) + "-anchor"
    rows.with_columns(named, names).write_parquet(anchors)
    every = [row for split in ("train", "val") for row in load_reference(anchors, split).rows]
    points = labels_of(every, out / "anchor-labels.parquet", None, curved_on=ON)
    vibrations = {name: zero_point(own) / KCAL_MOL for name, own in points.items()}
    part = pl.Series(c.BARRIER, [vibrations[name] for name in rows[c.REACTION_ID] + "-anchor"])
    electronic = rows.with_columns(named, names, pl.col(c.BARRIER) - part)
    electronic.filter(part.is_finite()).write_parquet(anchors)


def zero_point(points: list[StationaryPoint]) -> float:
    """Part of the vibrations in a barrier, eV; nan where it is not among the labels."""
    ts, *reactant = (point for point in points if point.role != "product")
    return ts.zero_point - sum(molecule.zero_point for molecule in reactant)


def force(point: StationaryPoint, committee: Committee, level: int | None) -> float:
    """Mean over the atoms of what is left of the force at a stationary point, eV/Å."""
    left = point.forces.astype(np.float64)
    if level is not None:
        _, more = committee.evaluator(point.numbers, level)(point.positions.astype(np.float64))
        left = left + more
    return float(np.linalg.norm(left, axis=1).mean())


def print_forces(tables: list[Path], weights: Path | None, rows: int) -> None:
    """Means at transition states, reactants and products of the first validation rows."""
    committee = load_committee(weights)
    levels = [None] + [
        k for k, one in enumerate(committee.card.levels) if CLOSED_SHELL in one.states
    ]
    for table in tables:
        val = [r for r in load_reference(table, "val").rows if r.prepared.n_atoms <= MOST_ATOMS]
        of_rows = map(stationary_points, val[:rows])
        points = [p for own in of_rows if why_unusable(own) is None for p in own]
        points = [p for p in points if np.isfinite(p.forces).all()]
        for level in levels:
            name = "GFN2-xTB" if level is None else committee.card.levels[level].name
            means = {
                role: np.mean([force(p, committee, level) for p in points if p.role == role])
                for role in ("ts", "reactant", "product")
            }
            told = ", ".join(f"{role} {mean:.3f}" for role, mean in means.items())
            print(f"{table.stem}, {name}: {told} eV/Å", flush=True)


def main() -> None:
    """Write the tables, or print the forces."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    tables, forces = commands.add_parser("tables"), commands.add_parser("forces")
    for command in (tables, forces):
        command.add_argument("gdb7", type=Path)
        command.add_argument("cyclo", type=Path)
    tables.add_argument("out", type=Path)
    forces.add_argument("--weights", type=Path)
    forces.add_argument("--rows", type=int, default=40)
    arguments = parser.parse_args()
    if arguments.command == "tables":
        write_tables(arguments.gdb7, arguments.cyclo, arguments.out)
    else:
        print_forces([arguments.gdb7, arguments.cyclo], arguments.weights, arguments.rows)


if __name__ == "__main__":
    main()
