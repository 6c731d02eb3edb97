"""Energies and relaxed geometries of molecules, and of sides made of several molecules."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.levels import Backend, calculator
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.workers.errors import CalculationError

MAX_RELAX_STEPS = 500


class Surface(NamedTuple):
    """The level of theory, the program and the time limit that a set of calculations shares.

    Attributes:
        level: Name of the level.
        backend: Program, or None for the default one.
        deadline: Value of `time.process_time()` at which to give up, or None.
        head: Which reference level the corrected level means, one for all molecules of a reaction;
            see `surface_of`.
        weights: Folder of the correction, None for the shipped one.
        solvent: Implicit solvent, None for the gas phase.
    """

    level: str = MODEL_LEVEL
    backend: Backend | None = None
    deadline: float | None = None
    head: int | None = None
    weights: Path | None = None
    solvent: str | None = None

    def atoms(
        self, numbers: np.ndarray, positions: np.ndarray, charge: int, multiplicity: int
    ) -> Atoms:
        """Atoms (positions (N, 3) in Å) with a calculator of this surface attached."""
        atoms = Atoms(numbers, np.asarray(positions, dtype=float))
        atoms.calc = self.calculator(charge, multiplicity)
        return atoms

    def calculator(self, charge: int, multiplicity: int) -> Calculator:
        """A calculator of this surface."""
        return calculator(
            self.level,
            charge=charge,
            multiplicity=multiplicity,
            backend=self.backend,
            deadline=self.deadline,
            head=self.head,
            weights=self.weights,
            solvent=self.solvent,
        )


DEFAULT_SURFACE = Surface()


def energy(
    numbers: np.ndarray,
    positions: np.ndarray,
    charge: int = 0,
    multiplicity: int = 1,
    *,
    surface: Surface = DEFAULT_SURFACE,
) -> float:
    """Energy in eV of one molecule, atomic numbers (N,), positions (N, 3) in Å.

    Raises:
        CalculationError: `xtb_scf`, `xtb_timeout` or `electron_count`.
    """
    return surface.atoms(numbers, positions, charge, multiplicity).get_potential_energy()


def relax(
    numbers: np.ndarray,
    positions: np.ndarray,
    charge: int = 0,
    multiplicity: int = 1,
    *,
    fmax: float = 0.03,
    max_steps: int = MAX_RELAX_STEPS,
    surface: Surface = DEFAULT_SURFACE,
) -> tuple[np.ndarray, float]:
    """Relax one molecule to the nearest minimum.

    Args:
        numbers: Atomic numbers (N,).
        positions: Start geometry (N, 3) in Å.
        charge: Total charge.
        multiplicity: Spin multiplicity.
        fmax: Largest force on any atom at the end, eV/Å.
        max_steps: Steps after which to give up.
        surface: Level, program and time limit.

    Returns:
        Relaxed positions (N, 3) in Å and the energy in eV.

    Raises:
        CalculationError: As `energy`, or `xtb_not_relaxed` when the steps were used up.
    """
    atoms = surface.atoms(numbers, positions, charge, multiplicity)
    if not minimise(atoms, fmax, max_steps):
        raise CalculationError("xtb_not_relaxed", f"no minimum was reached in {max_steps} steps")
    return atoms.get_positions(), atoms.get_potential_energy()
