"""Radical reactions larger than any that was labelled: is the corrected barrier that of DFT?

    python bench/model/labels/larger_barriers.py

Runs the reactions of `larger_barriers.csv` (15 to 19 atoms) and compares the energies of the saddle
points that are found above the relaxed reactants, in kcal/mol, with those of wB97X-D3/def2-TZVP and
of GFN2-xTB at the same structures. Takes a core seven minutes.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from label import reference

from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy, relax
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, positions_of, reactions_of
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName, Settings
from tscreen.screen.runs.run import run

TABLE = Path(__file__).with_name("larger_barriers.csv")


def found() -> pa.Table:
    """The verified transition states of the table."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run(Settings(input=TABLE, out=out, engine=EngineName.LOCAL), Show())
        return read_results(out).filter(c.VERIFIED).collect().to_arrow()


def by_dft(molecule: Molecule) -> float:
    """Energy in eV, nan where the density does not converge."""
    label = reference(molecule, with_forces=False)
    return np.nan if label is None else label.energy


def barriers(reaction: Reaction, ts: np.ndarray) -> list[float]:
    """Of the corrected surface, of DFT and of GFN2-xTB, kcal/mol; ts (N, 3) in Å."""
    r, surface = reaction, surface_of(reaction, Surface(CORRECTED_LEVEL))
    whole = Molecule(r.atomic_numbers, ts, r.charge, r.multiplicity)
    sides = [
        molecule._replace(positions=relax(*molecule, surface=surface)[0])
        for molecule in molecules(sides_of(reaction)[0])
    ]

    def above(energies: Sequence[float]) -> float:
        return (energies[0] - sum(energies[1:])) / KCAL_MOL

    subjects = [whole, *sides]
    return [
        above([energy(*one, surface=surface) for one in subjects]),
        above([by_dft(one) for one in subjects]),
        above([energy(*one, surface=DEFAULT_SURFACE) for one in subjects]),
    ]


def main() -> None:
    """Print a line for each reaction, then the mean errors."""
    table = found()
    rows = []
    for reaction, ts in zip(reactions_of(table), positions_of(table[c.TS_POSITIONS]), strict=True):
        rows.append(barriers(reaction, ts))
        told = ", ".join(f"{x:.1f}" for x in rows[-1])
        print(f"{reaction.reaction_id}: corrected, DFT, GFN2-xTB {told}", flush=True)
    corrected, dft, gfn2 = np.array(rows).T
    off = [np.abs(x - dft).mean() for x in (corrected, gfn2)]
    print(f"off from DFT by {off[0]:.1f} kcal/mol corrected, {off[1]:.1f} without")


if __name__ == "__main__":
    main()
