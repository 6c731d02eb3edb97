"""How often does a start between reactant and product that needs no model lead to the goal?

    python bench/actors/between/starts.py gdb7_22_ts.parquet [--start driven-reactant] [--count 60]

Of random `val` reactions, each searched once on the corrected surface from a start, `halfway` where
no other is named, and followed both ways, on from an intermediate, too. Energies are compared with
those of the saddle points that the references lead to.
"""

import argparse
import random
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tscreen.actors.between.halfway import lowest_halfway
from tscreen.actors.defaults import TIMEOUT_S
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.ladder import FROM_SIDES, HALFWAY, found_from, onward
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.evaluation.found import SAME_ENERGY
from tscreen.model.reactions.data import ReferenceReaction, load_reference
from tscreen.schemas.units import KCAL_MOL

START = {
    HALFWAY: lambda reaction, surface: lowest_halfway(reaction, surface)[0],
    **FROM_SIDES,
}
"""Of a reaction and a surface."""


class Outcome(NamedTuple):
    """Whether both sides are joined, energy above the reference's, kcal/mol, and seconds."""

    joined: bool
    above: float
    seconds: float


def searched(row: ReferenceReaction, start: str) -> Outcome:
    """The search from a start; the energy is nan where there is nothing to compare."""
    reaction, reference = row.reaction, row.prepared.ts
    assert reference is not None, "a reference has a transition state"
    started = time.process_time()
    surface = surface_of(reaction, Surface(CORRECTED_LEVEL, deadline=started + TIMEOUT_S))
    joined, energy = False, np.nan
    try:
        found = found_from(reaction, START[start](reaction, surface), surface, start)
        joined = found.joined or onward(reaction, found, surface).joined
        energy = found.saddle.energy
    except CalculationError:
        pass
    seconds = time.process_time() - started
    try:
        true = locate(reaction, reference, surface._replace(deadline=None)).energy
    except CalculationError:
        true = np.nan
    return Outcome(joined, (energy - true) / KCAL_MOL, seconds)


def main() -> None:
    """Search, then print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--start", choices=START, default=HALFWAY)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    hold_to_one_thread()
    rows = load_reference(options.data, "val").rows
    rows = random.Random(0).sample(rows, options.count)
    told = [searched(row, options.start) for row in rows]
    joined, above, seconds = (np.array(column) for column in zip(*told, strict=True))
    right = joined & (np.abs(above) <= SAME_ENERGY)
    lower = joined & (above < -SAME_ENERGY)
    print(
        f"{joined.sum()} of {len(told)} join both sides: {right.sum()} with the energy of the "
        f"reference's saddle point, {lower.sum()} lower; {seconds.mean():.1f} core-seconds each"
    )


if __name__ == "__main__":
    main()
