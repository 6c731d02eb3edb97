"""Is the corrected barrier of a saddle point that was found that of DFT?

    python bench/model/labels/larger_barriers.py [reactions.csv | OUT] [--better]

Runs the reactions, by default those of radicals larger than any that was labelled
(`larger_barriers.csv`, 15 to 19 atoms), or takes the folder of a run, and compares the energies of
the verified saddle points above the relaxed reactants, in kcal/mol, with those of
wB97X-D3/def2-TZVP (of wB97M-V by ``--better``) and of GFN2-xTB at the same
structures; it also counts the intervals that hold. A process of one thread (OMP_NUM_THREADS=1)
for each core; the larger radicals take a core seven minutes.
"""

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
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


def found(path: Path) -> pa.Table:
    """The verified transition states of a table, or of a run of it."""
    if path.is_dir():
        return read_results(path).filter(c.VERIFIED).collect().to_arrow()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run(Settings(input=path, out=out, engine=EngineName.LOCAL), Show())
        return found(out)


def by_dft(molecule: Molecule, better: bool) -> float:
    """Energy in eV, nan where the density does not converge."""
    label = reference(molecule, with_forces=False, better=better)
    return np.nan if label is None else label.energy


def barriers(reaction: Reaction, ts: np.ndarray, better: bool) -> list[float]:
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
        above([by_dft(one, better) for one in subjects]),
        above([energy(*one, surface=DEFAULT_SURFACE) for one in subjects]),
    ]


def held(table: pa.Table, dft: np.ndarray) -> str:
    """How many of the intervals, of barriers that are electronic, hold the energies of DFT (R,)."""
    names = (c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH)
    low, high = (table[name].to_numpy(zero_copy_only=False).astype(float) for name in names)
    levels = [level or c.WITH_ZERO_POINT for level in table[c.BARRIER_ML_LEVEL].to_pylist()]
    electronic = np.array([not level.endswith(c.WITH_ZERO_POINT) for level in levels])
    known = np.isfinite(low) & np.isfinite(dft) & electronic
    return f"{((low <= dft) & (dft <= high))[known].sum()} of {known.sum()} intervals hold"


def main() -> None:
    """Print a line for each reaction, then mean and median errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reactions", type=Path, nargs="?", default=TABLE)
    parser.add_argument("--better", action="store_true", help="energies by wB97M-V")
    arguments = parser.parse_args()
    table = found(arguments.reactions)
    reactions, structures = reactions_of(table), positions_of(table[c.TS_POSITIONS])
    rows = []
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        every = pool.map(partial(barriers, better=arguments.better), reactions, structures)
        for reaction, row in zip(reactions, every, strict=True):
            rows.append(row)
            told = ", ".join(f"{x:.1f}" for x in row)
            print(f"{reaction.reaction_id}: corrected, DFT, GFN2-xTB {told}", flush=True)
    corrected, dft, gfn2 = np.array(rows).T
    for name, values in (("corrected", corrected), ("GFN2-xTB", gfn2)):
        off = np.abs(values - dft)
        print(f"{name} off from DFT by {np.nanmean(off):.1f} / {np.nanmedian(off):.1f} kcal/mol")
    print(held(table, dft))


if __name__ == "__main__":
    main()
