"""Makes a table to train the correction on of what `label.py` has labelled.

    python bench/model/labels/gather.py built radicals.parquet labels-*.jsonl

It has two rows for each structure: its energy above the molecules of the reactant, and above those
of the product. Rows are `val` where a molecule of `species.set_aside` takes part. Structures are
left out whose energy GFN2-xTB misses by far: their electrons are in another state.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import polars as pl
from ase import Atoms
from label import graph_of
from numpy.typing import NDArray
from species import set_aside

from tscreen.actors.quantum.xtb import energy
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.dataset.output import read_results

LEVELS = {False: "wB97X-D3/def2-TZVP, electronic", True: "wB97X-D3/ma-def2-TZVP, electronic"}
"""With the basis augmented or not."""
BETTER_LEVEL = "wB97M-V/def2-TZVP//wB97X-D3/def2-TZVP, electronic"
LARGEST_ERROR = 2.0
"""eV, of GFN2-xTB."""


Line = dict[str, Any]


class Side(NamedTuple):
    """Molecules of one side as they were labelled.

    Attributes:
        positions: (N, 3), Å.
        forces: of the reference (N, 3), eV/Å.
        energy: of the reference, eV.
        gfn2: of GFN2-xTB, eV.
        formulas: of the molecules.
    """

    positions: NDArray[np.float64]
    forces: NDArray[np.float64]
    energy: float
    gfn2: float
    formulas: list[str]


def side_of(
    numbers: NDArray[np.uint8],
    positions: NDArray[np.floating],
    fragments: NDArray[np.integer],
    molecules: list[Line],
) -> Side | None:
    """Labelled molecules in the place of those of a reaction; None where their bonds are others."""
    x, f = np.zeros(positions.shape), np.zeros(positions.shape)
    for name, molecule in zip(np.unique(fragments), molecules, strict=True):
        own = np.flatnonzero(fragments == name)
        order = _order(graph_of(numbers[own], positions[own]), _graph(molecule))
        if order is None:
            return None
        where = np.array(molecule["x"])[order]
        x[own] = where - where.mean(0) + positions[own].mean(0)
        f[own] = np.array(molecule["f"])[order]
    formulas = [Atoms(one["z"]).get_chemical_formula("hill") for one in molecules]
    return Side(x, f, sum(one["e"] for one in molecules), sum(map(_gfn2, molecules)), formulas)


def _graph(molecule: Line) -> nx.Graph:
    return graph_of(np.array(molecule["z"]), np.array(molecule["x"]))


def _order(wanted: nx.Graph, given: nx.Graph) -> list[int] | None:
    """Which atom of the one graph stands for each of the other; None where the bonds differ."""
    same_element = nx.isomorphism.categorical_node_match("element", None)
    matcher = nx.isomorphism.GraphMatcher(wanted, given, same_element)
    return [matcher.mapping[a] for a in range(len(wanted))] if matcher.is_isomorphic() else None


def _gfn2(line: Line) -> float:
    return energy(np.array(line["z"]), np.array(line["x"]), line["q"], line["m"])


def rows_of(
    reaction: Reaction, line: Line, molecules: dict[str, Line], level: str
) -> Iterator[dict[str, Any]]:
    """The rows of one structure, above the reactant and above the product."""
    r = reaction
    sides = []
    for name in ("reactant", "product"):
        if not all(key in molecules for key in line[name]):
            return
        own = [molecules[key] for key in line[name]]
        positions, fragments = (getattr(r, f"{name}_{what}") for what in ("positions", "fragments"))
        sides.append((side_of(r.atomic_numbers, positions, fragments, own), fragments, own))
    gfn2 = _gfn2(line)
    for number, ((side, fragments, own), (other, *others)) in enumerate((sides, sides[::-1])):
        if side is None or other is None:
            return
        barrier = line["e"] - side.energy
        if abs(gfn2 - side.gfn2 - barrier) > LARGEST_ERROR:
            return
        names = set_aside(r.charge, r.multiplicity)
        aside = any(formula in names for formula in (*side.formulas, *other.formulas))
        yield {
            c.REACTION_ID: line["id"] + ("-reverse" if number else ""),
            c.ATOMIC_NUMBERS: r.atomic_numbers.tolist(),
            c.REACTANT_POSITIONS: side.positions.tolist(),
            c.PRODUCT_POSITIONS: other.positions.tolist(),
            c.REACTANT_FRAGMENTS: fragments.tolist(),
            c.PRODUCT_FRAGMENTS: others[0].tolist(),
            c.CHARGE: r.charge,
            c.MULTIPLICITY: r.multiplicity,
            c.REACTANT_STATES: [[one["q"], one["m"]] for one in own],
            c.PRODUCT_STATES: [[one["q"], one["m"]] for one in others[1]],
            c.TS_POSITIONS: line["x"],
            **dict(
                zip(c.FORCES, (line["f"], side.forces.tolist(), other.forces.tolist()), strict=True)
            ),
            c.BARRIER: barrier / KCAL_MOL,
            c.BARRIER_LEVEL: level,
            c.SPLIT: "val" if aside else "train",
        }


def read_lines(paths: list[Path], kind: str) -> tuple[dict[str, Line], dict[str, Line]]:
    """Molecules, and structures of that kind, by their names."""
    lines = [json.loads(line) for path in paths for line in path.open()]
    molecules, found = (
        {line["id"]: line for line in lines if line["kind"] == one} for one in ("mol", kind)
    )
    return molecules, found


def reactions_by_id(built: Path) -> dict[str, Reaction]:
    """The reactions of a run."""
    table = read_results(built).collect().to_arrow()
    return {reaction.reaction_id: reaction for reaction in reactions_of(table)}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--augmented", action="store_true", help="the basis of the labels")
    how.add_argument("--better", action="store_true", help="their energies are by wB97M-V")
    arguments = parser.parse_args()
    level = BETTER_LEVEL if arguments.better else LEVELS[arguments.augmented]
    molecules, points = read_lines(arguments.labels, "point")
    reactions = reactions_by_id(arguments.built)
    rows = [
        row
        for line in points.values()
        for row in rows_of(reactions[line["reaction"]], line, molecules, level)
    ]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(arguments.out)
    print(f"{len(points)} structures and {len(molecules)} molecules: {len(rows)} rows")


if __name__ == "__main__":
    main()
