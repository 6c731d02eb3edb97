"""What does each start of a look for lower saddle points yield, for its time?

    python bench/actors/lower/yields.py gdb7_22_ts.parquet [--count 200] [--trusted]

Of random held-out `train` rows whose first candidate the model doubts, or of those that it trusts,
and that the ladder has joined: every start of a thorough search, each by itself, so that only the
ladder's saddle point is to be undercut. The energy of that is compared with the one of the saddle
point that the reference leads to.
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tscreen.actors.workers.threads import hold_to_one_thread

hold_to_one_thread()  # before NumPy is loaded

import numpy as np  # noqa: E402

from tscreen.actors.conformers import saddles  # noqa: E402
from tscreen.actors.defaults import TIMEOUT_S  # noqa: E402
from tscreen.actors.quantum.coverage import surface_of  # noqa: E402
from tscreen.actors.quantum.levels import CORRECTED_LEVEL  # noqa: E402
from tscreen.actors.quantum.xtb import Surface  # noqa: E402
from tscreen.actors.references import Compared, above_reference  # noqa: E402
from tscreen.actors.saddles.ladder import FROM_SIDES, Found, climb  # noqa: E402
from tscreen.actors.verified import DOUBTED, LOOK_SHARE  # noqa: E402
from tscreen.model.evaluation.found import NEAR, SAME_ENERGY  # noqa: E402
from tscreen.model.inference.defaults import Sampling  # noqa: E402
from tscreen.model.inference.generator import Recommendation, recommend  # noqa: E402
from tscreen.model.inference.loading import load_model  # noqa: E402
from tscreen.model.reactions.data import (  # noqa: E402
    HELD_OUT_PERCENT,
    ReferenceReaction,
    by_hash,
    load_reference,
)
from tscreen.model.reactions.superposition import deviation  # noqa: E402
from tscreen.schemas.units import KCAL_MOL  # noqa: E402

LIMIT_S = 300.0
CHEAP = frozenset(("turn", "other"))
"""Starts that lead to other conformers most easily."""


class Started(NamedTuple):
    """A start, the seconds that it took, and what it gains on the first saddle point, kcal/mol."""

    kind: str
    seconds: float
    gain: float


class Noting(saddles._Search):
    """A search that notes each start and forgets what it has found."""

    notes: list[Started]

    def from_start(self, start: np.ndarray, name: str) -> Iterator[Found]:
        """As before."""
        yield from self._noted(super().from_start(start, name), name)

    def as_it_is(self, start: Callable[[], np.ndarray], name: str) -> Iterator[Found]:
        """As before."""
        yield from self._noted(super().as_it_is(start, name), name)

    def _noted(self, found: Iterator[Found], name: str) -> Iterator[Found]:
        first, began = self.lowest, time.process_time()
        joined = [one for one in found if one.joined]
        self.lowest = first
        gains = [(first.saddle.energy - one.saddle.energy) / KCAL_MOL for one in joined]
        kind = name if name in FROM_SIDES else name.split("-")[0]
        self.notes.append(Started(kind, time.process_time() - began, max(gains, default=0.0)))
        yield from joined


class Row(NamedTuple):
    """A reaction that was looked at.

    Attributes:
        above: energy of the first saddle point over the reference's, kcal/mol.
        rmsd: of the first from the reference, Å.
        starts: all of them.
    """

    above: float
    rmsd: float
    starts: list[Started]

    def gain_of(self, kinds: frozenset[str], within_s: float) -> float:
        """The most that starts of these kinds gain in so many seconds, one after the other."""
        spent, most = 0.0, 0.0
        for one in self.starts:
            if one.kind in kinds and (spent := spent + one.seconds) <= within_s:
                most = max(most, one.gain)
        return most

    def is_higher(self, gain: float) -> bool:
        """Whether a saddle point that gains so much on the first is still above the reference's."""
        near = self.rmsd <= NEAR and gain == 0
        return not near and self.above - gain > SAME_ENERGY


def looked(row: ReferenceReaction, generated: Recommendation) -> Row | None:
    """All starts of a reaction; None where the ladder joins no two sides."""
    reaction, reference = row.reaction, row.prepared.ts
    assert reference is not None, "a reference has a transition state"
    surface = surface_of(reaction, Surface(CORRECTED_LEVEL))
    candidates = [np.asarray(x, float) for x in generated.candidates.structures]
    climbed = climb(reaction, candidates, surface, TIMEOUT_S)
    first = climbed.found
    if first is None or not first.joined:
        return None
    Noting.notes = []
    limited = surface._replace(deadline=time.process_time() + LIMIT_S)
    list(saddles.others(reaction, first, climbed.untried(candidates), limited))
    place = first.saddle.positions
    above = above_reference(Compared(reaction, reference, place, surface))
    return Row(above, deviation(place, reference), Noting.notes)


def report(rows: list[Row]) -> None:
    """Print what each kind of start yields, and what is left."""
    seconds, lower = defaultdict(float), defaultdict(int)
    for row in rows:
        for kind in {one.kind for one in row.starts}:
            own = [one for one in row.starts if one.kind == kind]
            seconds[kind] += sum(one.seconds for one in own)
            lower[kind] += any(one.gain > 0 for one in own)
    for kind in sorted(seconds, key=lambda kind: -lower[kind] / seconds[kind]):
        each = seconds[kind] / len(rows)
        rate = 100 * lower[kind] / seconds[kind]
        print(f"{kind}: {each:.1f} s a row, {lower[kind]} rows lower, {rate:.0f} for 100 s")
    every = frozenset(seconds)
    look_s = LOOK_SHARE * TIMEOUT_S
    ways = {
        "no start": (frozenset(), np.inf),
        "turns and candidates": (CHEAP, np.inf),
        f"all starts, {look_s:.0f} s": (every, look_s),
        "all starts": (every, np.inf),
    }
    for name, (kinds, within_s) in ways.items():
        left = sum(row.is_higher(row.gain_of(kinds, within_s)) for row in rows)
        print(f"{name}: {left} of {len(rows)} are higher than the reference's")


def main() -> None:
    """Look, then print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--trusted", action="store_true")
    options = parser.parse_args()
    rows = [
        row
        for row in load_reference(options.data, "train").rows
        if by_hash(row.reaction_id) < HELD_OUT_PERCENT
    ]
    rows = random.Random(0).sample(rows, options.count)
    generated = recommend(load_model(None), [row.reaction for row in rows], Sampling())
    saddles._Search = Noting
    told = []
    for row, one in zip(rows, generated, strict=True):
        if (one.p_good < DOUBTED) != options.trusted and (found := looked(row, one)):
            told.append(found)
    report(told)


if __name__ == "__main__":
    main()
