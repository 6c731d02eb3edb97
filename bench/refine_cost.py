"""What does the refinement of a transition state cost, and where does the time go?

    python bench/refine_cost.py gdb7_22_ts.parquet [--count 15] [--effort normal]

Every n-th `val` reaction, from its reference transition state with noise of 0.05 Å on every
coordinate, as a run refines it: saddle search, following both ways, relaxing both sides, Hessians
and thermochemistry. Processor seconds and gradients by phase, means over the reactions.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tscreen.actors.workers.threads import hold_to_one_thread

hold_to_one_thread()  # before NumPy is loaded

import numpy as np  # noqa: E402

from tscreen.actors import verified  # noqa: E402
from tscreen.actors.defaults import TIMEOUT_S, Effort  # noqa: E402
from tscreen.actors.quantum import thermochemistry  # noqa: E402
from tscreen.actors.quantum.levels import CORRECTED_LEVEL  # noqa: E402
from tscreen.actors.quantum.programs import guarded  # noqa: E402
from tscreen.actors.quantum.xtb import Surface  # noqa: E402
from tscreen.actors.saddles import ladder, saddle  # noqa: E402
from tscreen.actors.verified import Order, Searched, search  # noqa: E402
from tscreen.model.reactions.data import load_reference  # noqa: E402
from tscreen.schemas.units import ROOM_TEMPERATURE  # noqa: E402

NOISE = 0.05
"""Å."""
PHASES = {
    "saddle search": (ladder, "locate"),
    "saddle's Hessian": (saddle, "hessian"),
    "following": (ladder, "follow"),
    "relaxing sides": (verified, "relaxed_side"),
    "sides' Hessians": (thermochemistry, "hessian"),
}


class Meter:
    """Processor seconds and gradients of the phase that is going on."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.gradients: Counter[str] = Counter()
        self._open = ["other"]
        self._since = time.process_time()

    def phase(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted for a phase save for that of phases within."""

        def metered(*args: Any, **options: Any) -> Any:
            self._tick()
            self._open.append(name)
            try:
                return function(*args, **options)
            finally:
                self._tick()
                self._open.pop()

        return metered

    def count(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its calls counted as gradients."""

        def counted(*args: Any, **options: Any) -> Any:
            self.gradients[self._open[-1]] += 1
            return function(*args, **options)

        return counted

    def _tick(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now


def installed() -> Meter:
    """A meter that watches all phases."""
    meter = Meter()
    for name, (module, function) in PHASES.items():
        setattr(module, function, meter.phase(name, getattr(module, function)))
    guarded.Guarded.calculate = meter.count(guarded.Guarded.calculate)
    globals()["search"] = meter.phase("other", search)
    return meter


def told(found: Searched) -> str:
    """What was found: how it ended and, in eV, its energies against the relaxed reactant."""
    if found.failure is not None or found.profile is None:
        return found.failure.code if found.failure else "no profile"
    p = found.profile
    barrier = np.subtract(p.saddle, p.reactant)
    energies = [*barrier, p.product.gibbs - p.reactant.gibbs]
    return f"{found.climb.found.connects} on {found.level}: " + " ".join(
        f"{energy:.4f}" for energy in energies
    )


def main() -> None:
    """Refine, then print where the time went."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=15)
    parser.add_argument("--level", default=CORRECTED_LEVEL)
    parser.add_argument("--program")
    parser.add_argument("--effort", default=Effort.NORMAL, type=Effort)
    options = parser.parse_args()
    rows = load_reference(options.data, "val").rows
    rows = rows[:: len(rows) // options.count][: options.count]
    surface = Surface(options.level, options.program)
    order = Order(surface, TIMEOUT_S, ROOM_TEMPERATURE, paths=False, effort=options.effort)
    noise = np.random.default_rng(0)
    search(rows[0].reaction, [rows[0].prepared.ts.astype(float)], order)  # loads libraries
    meter = installed()
    print("seconds, atoms, rungs; joins, on which surface; barrier, Δ‡H, Δ‡G, ΔG in eV")
    for row in rows:
        ts = row.prepared.ts.astype(float)
        before = meter.seconds.total()
        found = search(row.reaction, [ts + noise.normal(0, NOISE, ts.shape)], order)
        print(
            f"{row.reaction_id} {meter.seconds.total() - before:5.2f} {len(ts):2d} "
            f"{len(found.climb.route)} {told(found)}",
            flush=True,
        )
    n, atoms = len(rows), np.mean([len(row.prepared.ts) for row in rows])
    print(f"{n} reactions of {atoms:.1f} atoms in the mean; core-seconds, gradients:")
    for name in [*PHASES, "other"]:
        print(f"  {name:17} {meter.seconds[name] / n:6.2f} {meter.gradients[name] / n:7.1f}")
    print(f"  {'all':17} {meter.seconds.total() / n:6.2f} {meter.gradients.total() / n:7.1f}")


if __name__ == "__main__":
    main()
