"""What does the correction do with chemistry that it was not trained on?

    python bench/actors/strange_chemistry.py FAMILIAR STRANGE --weights DIR [--count 10]

DIR holds a correction that was trained on FAMILIAR alone, for example by

    tscreen train gdb7_22_ts.parquet --part correction --out DIR --max-minutes 60

Of the `val` reactions of STRANGE, and of those of FAMILIAR with all oxygen exchanged for sulfur,
nitrogen for phosphorus or carbon for silicon, it counts why the correction is off. Where it is on,
the saddle point is searched with it and on GFN2-xTB alone, from the reference with noise of 0.05 Å
on every coordinate: RMSD from the reference, Å, and error of the barrier, kcal/mol. For reactions
with an exchanged element there is no reference, so those that are on are only counted.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tscreen.actors.workers.threads import hold_to_one_thread

hold_to_one_thread()  # before NumPy is loaded

import numpy as np  # noqa: E402

from tscreen.actors.defaults import MODEL_LEVEL, TIMEOUT_S  # noqa: E402
from tscreen.actors.quantum.coverage import why_uncorrected  # noqa: E402
from tscreen.actors.quantum.levels import CORRECTED_LEVEL  # noqa: E402
from tscreen.actors.quantum.xtb import Surface  # noqa: E402
from tscreen.actors.verified import Order, Searched, search  # noqa: E402
from tscreen.model.evaluation.finished import off_reference  # noqa: E402
from tscreen.model.reactions.data import ReferenceReaction, load_reference  # noqa: E402
from tscreen.schemas.reaction import Reaction  # noqa: E402
from tscreen.schemas.units import KCAL_MOL, ROOM_TEMPERATURE  # noqa: E402

ANALOGUES = {"O -> S": (8, 16), "N -> P": (7, 15), "C -> Si": (6, 14)}
NOISE = 0.05
"""Å."""


def exchanged(reactions: Sequence[Reaction], old: int, new: int) -> list[Reaction]:
    """The reactions that have an element, with another one in its place."""
    return [
        replace(r, atomic_numbers=np.where(r.atomic_numbers == old, new, r.atomic_numbers))
        for r in reactions
        if old in r.atomic_numbers
    ]


def compared(row: ReferenceReaction, surface: Surface, noise: np.random.Generator) -> str:
    """One reaction on both surfaces."""
    ts = row.prepared.ts.astype(float)
    start = ts + noise.normal(0, NOISE, ts.shape)
    found = []
    for level in (CORRECTED_LEVEL, MODEL_LEVEL):
        order = Order(surface._replace(level=level), TIMEOUT_S, ROOM_TEMPERATURE, paths=False)
        found.append(told(search(row.reaction, [start], order), row))
    return f"{row.reaction_id} {len(ts)} atoms: " + "; alone ".join(found)


def told(searched: Searched, row: ReferenceReaction) -> str:
    """How a search ended."""
    found, profile = searched.climb.found, searched.profile
    if found is None or profile is None:
        return searched.failure.code if searched.failure else "nothing"
    barrier = (profile.saddle.electronic - profile.reactant.electronic) / KCAL_MOL
    off = barrier - row.barrier if row.barrier is not None else np.nan
    rmsd = off_reference(found.saddle.positions, row)
    return f"{searched.level} {found.connects} {rmsd:.3f} {off:+.1f}"


def main() -> None:
    """Count, then compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("familiar", type=Path)
    parser.add_argument("strange", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    surface = Surface(CORRECTED_LEVEL, weights=options.weights)
    familiar = [row.reaction for row in load_reference(options.familiar, "val").rows]
    for name, (old, new) in ANALOGUES.items():
        analogues = exchanged(familiar, old, new)
        print(f"{name}: {counted(analogues, surface)}")
    strange = load_reference(options.strange, "val").rows
    print(f"{options.strange.name}: {counted([row.reaction for row in strange], surface)}")
    on = [row for row in strange if why_uncorrected(row.reaction, surface) is None]
    noise = np.random.default_rng(0)
    for row in on[: options.count]:
        print(compared(row, surface, noise), flush=True)


def counted(reactions: Sequence[Reaction], surface: Surface) -> str:
    """How many reactions there are, and for how many the correction is off, and why."""
    reasons = Counter(why_uncorrected(reaction, surface) or "on" for reaction in reactions)
    return f"{len(reactions)} reactions, " + ", ".join(f"{n} {r}" for r, n in reasons.items())


if __name__ == "__main__":
    main()
