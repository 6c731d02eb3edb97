"""How often does a start halfway between reactant and product, with no model, lead to the goal?

    python bench/actors/between/halfway_starts.py gdb7_22_ts.parquet [--count 60]

Of random `val` reactions, each searched once on the corrected surface from `lowest_halfway` and
followed both ways, on from an intermediate, too. Energies are compared with those of the saddle
points that the references lead to.
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
from tscreen.actors.saddles.irc import connects, follow
from tscreen.actors.saddles.ladder import HALFWAY, Found, onward
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.evaluation.found import SAME_ENERGY
from tscreen.model.reactions.data import ReferenceReaction, load_reference
from tscreen.schemas.units import KCAL_MOL


class Outcome(NamedTuple):
    """Whether both sides are joined, energy above the reference's, kcal/mol, and seconds."""

    joined: bool
    above: float
    seconds: float


def searched(row: ReferenceReaction) -> Outcome:
    """The search from halfway; the energy is nan where there is nothing to compare."""
    reaction, reference = row.reaction, row.prepared.ts
    assert reference is not None, "a reference has a transition state"
    started = time.process_time()
    surface = surface_of(reaction, Surface(CORRECTED_LEVEL, deadline=started + TIMEOUT_S))
    joined, energy = False, np.nan
    try:
        saddle = locate(reaction, lowest_halfway(reaction, surface)[0], surface)
        ends = follow(reaction, saddle, surface)
        found = Found(saddle, connects(reaction, ends), ends, HALFWAY)
        joined = found.joined or onward(reaction, found, surface).joined
        energy = saddle.energy
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
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    hold_to_one_thread()
    rows = load_reference(options.data, "val").rows
    told = [searched(row) for row in random.Random(0).sample(rows, options.count)]
    joined, above, seconds = (np.array(column) for column in zip(*told, strict=True))
    right = joined & (np.abs(above) <= SAME_ENERGY)
    lower = joined & (above < -SAME_ENERGY)
    print(
        f"{joined.sum()} of {len(told)} join both sides: {right.sum()} with the energy of the "
        f"reference's saddle point, {lower.sum()} lower; {seconds.mean():.1f} core-seconds each"
    )


if __name__ == "__main__":
    main()
