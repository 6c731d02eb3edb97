"""Saddle points that a run has found, and their molecules, optimised with wB97X-D3/def2-TZVP.

    python bench/model/labels/radicals.py aside.csv --aside --count 170 --seed 11
    tscreen run aside.csv --refine none --no-energies --out built
    tscreen run aside.csv --effort thorough --out found
    python bench/model/labels/optimise.py found optimised-0.jsonl --minutes 60 --part 0 --of 2
    python bench/model/labels/optimised.py built radicals_ts.parquet optimised-*.jsonl

Every part is one process of one thread; killed and repeated it goes on. The second derivatives of
the corrected surface lead the way, so that a saddle point takes some five gradients.
"""

from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculationFailed, Calculator, all_changes
from ase.optimize import BFGS
from label import Label, Lines, field_of, forces_of, part_parser, work_on_part
from numpy.typing import NDArray

from tscreen.actors.quantum.hessian import hessian
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.optimiser import Sella
from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.reaction import Reaction

CORRECTED = Surface(CORRECTED_LEVEL)
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


def relaxed(molecule: Molecule, *, augmented: bool) -> Atoms:
    """The next minimum of the reference."""
    atoms = CORRECTED.atoms(*molecule)
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
        return hessian(CORRECTED.atoms(*molecule._replace(positions=now.positions)))

    optimiser = Sella(
        atoms, order=1, internal=False, logfile=None, hessian_function=curvature, delta0=0.05
    )
    if not optimiser.run(fmax=FMAX, steps=STEPS):
        raise CalculationError("saddle_not_found", f"no saddle point within {STEPS} steps")
    return atoms, optimiser.nsteps


class Optimiser:
    """Writes lines of molecules and of saddle points where they are stationary."""

    def __init__(self, lines: Lines, *, augmented: bool) -> None:
        self._lines, self._augmented = lines, augmented

    def __call__(self, reaction: Reaction, start: NDArray[np.floating]) -> None:
        """Both sides of a reaction, and the saddle point that its ``start`` (N, 3) leads to."""
        r = reaction
        if r.reaction_id in self._lines:
            return
        sides = self._lines.sides(r, self._write_relaxed)
        whole = Molecule(r.atomic_numbers, start, r.charge, r.multiplicity)
        atoms, steps = saddle_point(whole, augmented=self._augmented)
        moved = deviation(atoms.positions, start)
        self._write(r.reaction_id, whole, atoms, kind="ts", steps=steps, moved=moved, **sides)

    def _write_relaxed(self, key: str, molecule: Molecule) -> None:
        self._write(key, molecule, relaxed(molecule, augmented=self._augmented), kind="mol")

    def _write(self, key: str, molecule: Molecule, atoms: Atoms, **more: Any) -> None:
        found = Label(atoms.get_potential_energy(), atoms.get_forces())
        self._lines.write(key, molecule._replace(positions=atoms.positions), found, **more)


def main() -> None:
    """Optimise until the time is over."""
    arguments = part_parser(__doc__).parse_args()
    optimiser = Optimiser(Lines(arguments.out), augmented=arguments.augmented)
    work_on_part(arguments, optimiser, saddles=True)


if __name__ == "__main__":
    main()
