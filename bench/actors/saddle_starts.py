"""How often does a search from the first generated structure end at a saddle point of the reaction?

    python bench/actors/saddle_starts.py cyclo_23_ts.parquet [--count 80] [--most-atoms 60]

Of random `val` reactions, each searched four times on the corrected surface: with Sella's own
finite differences and with those of `saddle.SHIFT`; from the structure as it was generated, from
one that has settled where it is strained, as a run does, and from a settled one. Processor seconds
are those of settling, search and second derivatives; nothing is followed down. Reactions of at most
`saddle.FEW` atoms are always searched with the former differences.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tscreen.actors.defaults import TIMEOUT_S
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles import saddle
from tscreen.actors.saddles.ladder import rungs
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import recommend
from tscreen.model.inference.loading import load_model
from tscreen.model.reactions.data import load_reference
from tscreen.schemas.reaction import Reaction


class Way(NamedTuple):
    """Length of the differences, Å, and the force, eV/Å, above which a start settles first."""

    shift: float
    strained: float


WAYS = {
    "Sella's differences, as generated": Way(saddle.SHIFT_OF_FEW, np.inf),
    "longer ones, as generated": Way(saddle.SHIFT, np.inf),
    "longer ones, settled where strained": Way(saddle.SHIFT, saddle.STRAINED),
    "longer ones, settled": Way(saddle.SHIFT, 0.0),
}


def searched(reaction: Reaction, structure: np.ndarray, way: Way) -> tuple[bool, float]:
    """Whether a saddle point of the reaction was found, and the processor seconds."""
    saddle.SHIFT, saddle.STRAINED = way
    started = time.process_time()
    surface = surface_of(reaction, Surface(CORRECTED_LEVEL, deadline=started + TIMEOUT_S))
    try:
        first = next(rungs(reaction, [structure], surface, paths=False))
        saddle.locate(reaction, first.start(surface), surface)
        found = True
    except CalculationError:
        found = False
    return found, time.process_time() - started


def report(name: str, told: Sequence[tuple[bool, float]]) -> None:
    """Print what came of one way."""
    found, seconds = np.array(told, dtype=float).T
    print(f"{name:36s} {int(found.sum())} of {len(found)}, {seconds.mean():.1f} core-seconds each")


def main() -> None:
    """Search, then print a line for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=80)
    parser.add_argument("--most-atoms", type=int, default=60)
    options = parser.parse_args()
    hold_to_one_thread()
    rows = [
        row.reaction
        for row in load_reference(options.data, "val").rows
        if len(row.reaction.atomic_numbers) <= options.most_atoms
    ]
    chosen = random.Random(0).sample(rows, min(options.count, len(rows)))
    generated = [
        one.candidates.structures[0] for one in recommend(load_model(None), chosen, Sampling())
    ]
    told: dict[str, list[tuple[bool, float]]] = {name: [] for name in WAYS}
    for reaction, structure in zip(chosen, generated, strict=True):
        for name, way in WAYS.items():
            told[name].append(searched(reaction, structure, way))
    for name, results in told.items():
        report(name, results)


if __name__ == "__main__":
    main()
