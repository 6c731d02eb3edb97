"""Where a run found a saddle point below the reference's, does density functional theory agree?

    python bench/actors/lower/by_dft.py gdb7_22_ts.parquet out [--count 20] [--basis def2-tzvp]

Of the `val` rows whose verified saddle point lies elsewhere than the reference and lower on the
surface of the run: single points by wB97X-D3 of both saddle points, the one found and the one that
a search from the reference leads to on that surface, and of the reference's own geometry.
"""

import argparse
from pathlib import Path

from tscreen.actors.workers.threads import hold_to_one_thread

hold_to_one_thread()  # before NumPy is loaded

import numpy as np  # noqa: E402
from pyscf import dft, gto  # noqa: E402

from tscreen.actors.quantum.coverage import surface_of  # noqa: E402
from tscreen.actors.quantum.levels import labelled  # noqa: E402
from tscreen.actors.quantum.programs.pyscf_calculator import DISPERSION, FUNCTIONAL  # noqa: E402
from tscreen.actors.quantum.xtb import Surface, energy  # noqa: E402
from tscreen.actors.saddles.saddle import locate  # noqa: E402
from tscreen.actors.workers.errors import CalculationError  # noqa: E402
from tscreen.model.evaluation.finished import off_reference  # noqa: E402
from tscreen.model.evaluation.found import NEAR, SAME_ENERGY  # noqa: E402
from tscreen.model.reactions.data import load_reference  # noqa: E402
from tscreen.schemas.reaction import Reaction  # noqa: E402
from tscreen.schemas.units import KCAL_MOL  # noqa: E402
from tscreen.screen.analysis.finished import finished_results  # noqa: E402
from tscreen.screen.dataset.output import read_results  # noqa: E402

HARTREE = 627.509
"""In kcal/mol."""


def by_dft(reaction: Reaction, positions: np.ndarray, basis: str) -> float:
    """Energy in kcal/mol at positions (N, 3) in Å."""
    numbers = reaction.atomic_numbers.tolist()
    mole = gto.M(
        atom=list(zip(numbers, positions, strict=True)),
        charge=reaction.charge,
        spin=reaction.multiplicity - 1,
        basis=basis,
        verbose=0,
    )
    field = (dft.UKS if mole.spin else dft.RKS)(mole, xc=FUNCTIONAL).density_fit()
    field.disp = DISPERSION
    field.kernel()
    if not field.converged:
        raise CalculationError("xtb_scf", "the electron density did not converge")
    return field.e_tot * HARTREE


def main() -> None:
    """Compare, one line a reaction."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("results")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--basis", default="def2-tzvp")
    options = parser.parse_args()
    results = finished_results(read_results(options.results).lazy())
    differences: list[float] = []
    print(
        "found less reference's saddle point, kcal/mol: on the surface, by DFT; by DFT against the"
    )
    print("reference's own geometry")
    for row in load_reference(options.data, "val").rows:
        found = results.get(row.reaction_id)
        if found is None or not (found.taken and found.verified):
            continue
        if len(differences) == options.count or off_reference(found.positions, row) <= NEAR:
            continue
        r, (level, _) = row.reaction, labelled(found.energy_level.partition("//")[0])
        surface = surface_of(r, Surface(level))
        try:
            reference = locate(r, row.prepared.ts.astype(float), surface)
            here = energy(
                r.atomic_numbers, found.positions, r.charge, r.multiplicity, surface=surface
            )
            lower = (here - reference.energy) / KCAL_MOL
            if lower > -SAME_ENERGY:
                continue
            ours, theirs, given = (
                by_dft(r, positions, options.basis)
                for positions in (found.positions, reference.positions, row.prepared.ts)
            )
        except CalculationError as error:
            print(f"{row.reaction_id} {error.code}", flush=True)
            continue
        differences.append(ours - theirs)
        print(
            f"{row.reaction_id} {lower:7.2f} {ours - theirs:7.2f} {ours - given:7.2f}", flush=True
        )
    agreed = sum(difference < 0 for difference in differences)
    print(f"{options.basis}: lower by DFT, too, in {agreed} of {len(differences)}")


if __name__ == "__main__":
    main()
