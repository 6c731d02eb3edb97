"""Do starts from the sides lead lower than all else has, and does density functional theory agree?

    python bench/actors/lower/from_sides.py TABLE OUT [--split train] [--basis def2-tzvp]

Of the verified rows of a run, with `--effort thorough` say, whose generated transition state has a
`p_good` below 0.5: what bonds driven from either side, and the peak of the interpolation between
them, lead to, where that joins both sides and is lower than the saddle point of the run; with the
difference by wB97X-D3 single points of both.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tscreen.actors.workers.threads import hold_to_one_thread

hold_to_one_thread()  # before NumPy is loaded

import numpy as np  # noqa: E402
from by_dft import by_dft  # noqa: E402

from tscreen.actors.conformers.saddles import LOWER  # noqa: E402
from tscreen.actors.quantum.coverage import surface_of  # noqa: E402
from tscreen.actors.quantum.levels import CORRECTED_LEVEL  # noqa: E402
from tscreen.actors.quantum.xtb import Surface, energy  # noqa: E402
from tscreen.actors.saddles.ladder import FROM_SIDES, Found, found_from, onward  # noqa: E402
from tscreen.actors.verified import DOUBTED  # noqa: E402
from tscreen.actors.workers.errors import CalculationError  # noqa: E402
from tscreen.model.reactions.data import load_reference  # noqa: E402
from tscreen.schemas.reaction import Reaction  # noqa: E402
from tscreen.schemas.units import KCAL_MOL  # noqa: E402
from tscreen.screen.analysis.finished import finished_results  # noqa: E402
from tscreen.screen.dataset.output import read_results  # noqa: E402


def lower(reaction: Reaction, surface: Surface, ceiling: float) -> Iterator[Found]:
    """Saddle points that join both sides below an energy in eV, one for each start at most."""
    for name, start in FROM_SIDES.items():
        try:
            found = found_from(reaction, start(reaction, surface), surface, name, ceiling)
        except CalculationError:
            continue
        found = onward(reaction, found, surface)
        if found.joined:
            yield found


def main() -> None:
    """Search and compare, one line a reaction that has a lower one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("out")
    parser.add_argument("--split", default="train")
    parser.add_argument("--basis", default="def2-tzvp")
    options = parser.parse_args()
    results = finished_results(read_results(options.out).lazy())
    surface, searched, by_both = Surface(CORRECTED_LEVEL), 0, []
    for row in load_reference(options.table, options.split).rows:
        known = results.get(row.reaction_id)
        if known is None or not (known.taken and known.verified):
            continue
        if known.generated_p_good >= DOUBTED:
            continue
        searched += 1
        r = row.reaction
        own = surface_of(r, surface)
        before = energy(r.atomic_numbers, known.positions, r.charge, r.multiplicity, surface=own)
        found = min(lower(r, own, before - LOWER), key=lambda f: f.saddle.energy, default=None)
        if found is None:
            continue
        by_dft_too = by_dft(r, found.saddle.positions, options.basis)
        by_dft_too -= by_dft(r, known.positions, options.basis)
        by_both.append(by_dft_too)
        by_surface = (found.saddle.energy - before) / KCAL_MOL
        print(
            f"{row.reaction_id} {found.by} {found.connects}: {by_surface:.1f}, {by_dft_too:.1f}",
            flush=True,
        )
    print(
        f"of {searched} doubtful rows {len(by_both)} have a lower saddle point, "
        f"{np.less(by_both, 0).sum()} of these by density functional theory too"
    )


if __name__ == "__main__":
    main()
