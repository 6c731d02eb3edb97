"""Saddle points that a run has found, and their molecules, optimised with wB97X-D3/def2-TZVP.

    python bench/model/labels/radicals.py aside.csv --aside --count 170 --seed 11
    tscreen run aside.csv --refine none --no-energies --out built
    tscreen run aside.csv --effort thorough --out found
    python bench/model/labels/optimise.py found optimised-0.jsonl --minutes 60 --part 0 --of 2
    python bench/model/labels/optimised.py built radicals_ts.parquet optimised-*.jsonl

Every part is one process of one thread; killed and repeated it goes on. The second derivatives of
the corrected surface lead the way, so that a saddle point takes some five gradients.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculationFailed, Calculator, all_changes
from ase.optimize import BFGS
from label import built, field_of, forces_of, name_of
from numpy.typing import NDArray

from tscreen import calculator
from tscreen.actors.quantum.hessian import hessian
from tscreen.actors.quantum.optimiser import Sella
from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.data import fold_of
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.reaction import Reaction

FMAX, OF_MOLECULES = 0.03, 0.05
"""Largest force of what is optimised, eV/Å: the grid's own error is near."""
RELAXED = 0.01
"""Of molecules on the corrected surface, where they start."""
STEPS = 20
"""To a saddle point or minimum; those that take more have another one for which they leave."""
LEAST_CURVATURE = 0.15
"""eV/Å²; a molecule is taken for at least as stiff along any direction at its start."""


class Reference(Calculator):
    """Energy in eV and forces in eV/Å; the density of one geometry is where the next starts."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - ASE wants a plain list

    def __init__(self, molecule: Molecule, *, augmented: bool) -> None:
        super().__init__()
        self._molecule, self._augmented = molecule, augmented
        self._density: NDArray[np.float64] | None = None

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute both."""
        super().calculate(atoms, properties or ["energy"], system_changes)
        molecule = self._molecule._replace(positions=self.atoms.positions)
        field = field_of(molecule, augmented=self._augmented)
        energy = field.kernel(dm0=self._density) * units.Hartree
        if not field.converged:
            raise CalculationFailed("the electron density did not converge")
        self._density = field.make_rdm1()
        self.results = {"energy": energy, "forces": forces_of(field)}


def on_corrected_surface(molecule: Molecule) -> Atoms:
    """The molecule as atoms, with the calculator of the correction."""
    atoms = Atoms(molecule.numbers, molecule.positions)
    atoms.calc = calculator(charge=molecule.charge, multiplicity=molecule.multiplicity)
    return atoms


def corrected_hessian(molecule: Molecule, positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Second derivatives (3N, 3N) of the corrected surface, eV/Å²."""
    return hessian(on_corrected_surface(molecule._replace(positions=positions)))


def relaxed(molecule: Molecule, *, augmented: bool) -> Atoms:
    """The next minimum of the reference."""
    atoms = on_corrected_surface(molecule)
    reference = Reference(molecule, augmented=augmented)
    if len(atoms) == 1:
        atoms.calc = reference
        return atoms
    BFGS(atoms, logfile=None).run(fmax=RELAXED, steps=10 * STEPS)
    curvature, along = np.linalg.eigh(hessian(atoms))
    atoms.calc = reference
    optimiser = BFGS(atoms, logfile=None)
    optimiser.H0 = (along * np.maximum(curvature, LEAST_CURVATURE)) @ along.T
    if not optimiser.run(fmax=OF_MOLECULES, steps=STEPS):
        raise CalculationError("saddle_not_found", f"no minimum within {STEPS} steps")
    return atoms


def saddle_point(molecule: Molecule, *, augmented: bool) -> tuple[Atoms, int]:
    """The saddle point of the reference that is next to one of the corrected surface; steps."""
    atoms = Atoms(molecule.numbers, molecule.positions)
    atoms.calc = Reference(molecule, augmented=augmented)

    def curvature(now: Atoms) -> NDArray[np.float64]:
        return corrected_hessian(molecule, now.positions)

    optimiser = Sella(
        atoms, order=1, internal=False, logfile=None, hessian_function=curvature, delta0=0.05
    )
    if not optimiser.run(fmax=FMAX, steps=STEPS):
        raise CalculationError("saddle_not_found", f"no saddle point within {STEPS} steps")
    return atoms, optimiser.nsteps


class Optimiser:
    """Writes a line for each molecule and each saddle point; what it has is not repeated."""

    def __init__(self, path: Path, *, augmented: bool) -> None:
        self._augmented = augmented
        lines = map(json.loads, path.open()) if path.exists() else ()
        self._done = {line["id"] for line in lines}
        self._file = path.open("a")

    def optimise(self, reaction: Reaction, start: NDArray[np.floating]) -> None:
        """Both sides of a reaction, and the saddle point that its ``start`` (N, 3) leads to."""
        r, sides = reaction, {}
        if r.reaction_id in self._done:
            return
        for name, side in zip(("reactant", "product"), sides_of(r), strict=True):
            own = molecules(side)
            sides[name] = [name_of(molecule) for molecule in own]
            for key, molecule in zip(sides[name], own, strict=True):
                if key not in self._done:
                    atoms = relaxed(molecule, augmented=self._augmented)
                    self._write(key, molecule, atoms, kind="mol")
        whole = Molecule(r.atomic_numbers, start, r.charge, r.multiplicity)
        atoms, steps = saddle_point(whole, augmented=self._augmented)
        moved = float(deviation(atoms.positions, np.asarray(start)))
        self._write(r.reaction_id, whole, atoms, kind="ts", steps=steps, moved=moved, **sides)

    def _write(self, key: str, molecule: Molecule, atoms: Atoms, **more: Any) -> None:
        content = {"id": key, "z": molecule.numbers.tolist(), "x": atoms.positions.tolist()}
        content |= {"q": molecule.charge, "m": molecule.multiplicity}
        content |= {"e": atoms.get_potential_energy(), "f": atoms.get_forces().tolist(), **more}
        self._file.write(json.dumps(content) + "\n")
        self._file.flush()
        self._done.add(key)


def main() -> None:
    """Optimise until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("found", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--augmented", action="store_true", help="the basis, for anions")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    optimiser = Optimiser(arguments.out, augmented=arguments.augmented)
    for reaction, start in built(arguments.found, saddles=True):
        if time.monotonic() > end:
            return
        if fold_of(reaction.reaction_id, arguments.of) == arguments.part:
            try:
                optimiser.optimise(reaction, start)
            except (CalculationError, CalculationFailed) as error:
                print(f"{reaction.reaction_id}: {error}", flush=True)


if __name__ == "__main__":
    main()
