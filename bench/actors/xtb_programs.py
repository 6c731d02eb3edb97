"""What a GFN2-xTB calculation costs: xtb-python against tblite on the same geometries.

    python bench/actors/xtb_programs.py DATA.parquet... [--calls 15]

For each size, the reaction whose number of atoms is nearest gives its TS. Both programs compute
energy and forces of the same slightly displaced copies, turn by turn, each starting from its
density of the copy before, as in a search. Prints the medians of processor time, their ratio, and
the largest difference of the energies.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ase import Atoms
from ase.units import kcal, mol

from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.workers.threads import hold_to_one_thread

SIZES = (14, 45, 90)
PROGRAMS = ("xtb", "tblite")
DISPLACEMENT = 0.01
"""Standard deviation of every coordinate, Å; about a step of a search."""


class Comparison(NamedTuple):
    """Median seconds of each program, and the largest energy difference in kcal/mol."""

    seconds: dict[str, float]
    difference: float


def nearest(paths: list[Path], size: int) -> dict:
    """The row of all tables whose number of atoms is nearest to a size."""
    names = ["reaction_id", "atomic_numbers", "ts_positions", "charge", "multiplicity"]
    table = pa.concat_tables([pq.read_table(path, columns=names) for path in paths])
    atoms = np.array([len(numbers) for numbers in table["atomic_numbers"].to_pylist()])
    return table.slice(int(np.abs(atoms - size).argmin()), 1).to_pylist()[0]


def compare(row: dict, calls: int) -> Comparison:
    """Time both programs on displaced copies of a transition state."""
    positions = np.array(row["ts_positions"])
    both = {name: molecule(row, name) for name in PROGRAMS}
    noise = np.random.default_rng(0)
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    differences = []
    for call in range(calls + 1):
        moved = positions + DISPLACEMENT * noise.standard_normal(positions.shape)
        energies = []
        for name, atoms in both.items():
            atoms.positions = moved
            start = time.process_time()
            energies.append(atoms.get_potential_energy())
            atoms.get_forces()
            if call:  # the first one pays for loading the program
                seconds[name].append(time.process_time() - start)
        differences.append(abs(energies[0] - energies[1]) / (kcal / mol))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return Comparison(medians, max(differences))


def molecule(row: dict, program: str) -> Atoms:
    """The molecule of a row with one of the programs attached."""
    surface = Surface(backend=program)
    positions = np.array(row["ts_positions"])
    return surface.atoms(row["atomic_numbers"], positions, row["charge"], row["multiplicity"])


def main() -> None:
    """Compare at every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--calls", type=int, default=15)
    options = parser.parse_args()
    hold_to_one_thread()  # in time for the programs, which load with the first calculator
    print("atoms  xtb, ms  tblite, ms  tblite/xtb  difference, kcal/mol  reaction")
    for size in SIZES:
        row = nearest(options.data, size)
        seconds, difference = compare(row, options.calls)
        xtb, tblite = (seconds[name] for name in PROGRAMS)
        print(
            f"{len(row['atomic_numbers']):5d}{1e3 * xtb:9.1f}{1e3 * tblite:12.1f}"
            f"{tblite / xtb:12.2f}{difference:22.4f}  {row['reaction_id']}"
        )


if __name__ == "__main__":
    main()
