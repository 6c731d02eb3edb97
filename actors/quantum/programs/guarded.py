"""One behaviour for all programs: charge and spin, what fails how, and when time is up."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, CalculatorError, all_changes
from scipy.spatial.transform import Rotation

from tscreen.actors.workers.errors import CalculationError

# xtb 22.1 gives wrong forces (0.05 eV/Å in CO2) when the line between two atoms is exactly along
# an axis, so every molecule is shown to the program turned by an angle that no input has.
_TILT = Rotation.from_rotvec([0.37, -0.71, 0.53]).as_matrix()


class Guarded(Calculator):
    """Gives all programs one charge and spin convention, one kind of error and a deadline.

    Args:
        start: Makes the program's calculator; again where a calculation fails.
        charge: Total charge of the molecule.
        multiplicity: Its spin multiplicity.
        deadline: Value of `time.process_time()` after which every further call fails, or None.
        failures: What the program raises where it cannot do a calculation.
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - ASE wants a plain list

    def __init__(
        self,
        start: Callable[[], Calculator],
        charge: int,
        multiplicity: int,
        deadline: float | None,
        failures: type[Exception] = CalculatorError,
    ) -> None:
        super().__init__()
        self._start = start
        self._restart()
        self._charge = charge
        self._unpaired = multiplicity - 1
        self._deadline = deadline
        self._failures = failures

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute both properties.

        Raises:
            CalculationError: `xtb_scf`, `xtb_timeout` or `electron_count`.
        """
        super().calculate(atoms, properties or ["energy"], system_changes)
        if self._deadline is not None and time.process_time() > self._deadline:
            raise CalculationError("xtb_timeout", "the time allowed for this reaction is used up")
        self.results = self._evaluate(self._subject())

    def _subject(self) -> Atoms:
        numbers = self.atoms.numbers
        # The xTB programs accept an impossible electron count and answer with a meaningless energy.
        if (int(numbers.sum()) - self._charge - self._unpaired) % 2 or self._unpaired < 0:
            raise CalculationError(
                "electron_count",
                f"charge {self._charge} and multiplicity {self._unpaired + 1} do not fit the "
                f"{int(numbers.sum())} protons; correct one of them",
            )
        subject = Atoms(numbers, self.atoms.positions @ _TILT)
        on_first_atom = np.eye(1, len(subject))[0]
        subject.set_initial_charges(self._charge * on_first_atom)
        subject.set_initial_magnetic_moments(self._unpaired * on_first_atom)
        return subject

    def _evaluate(self, subject: Atoms) -> dict[str, Any]:
        try:
            energy, forces = self._call(subject)
        except self._failures:
            # The density of the geometry before can be a bad start; without it, try once more.
            self._restart()
            try:
                energy, forces = self._call(subject)
            except self._failures as error:
                raise CalculationError("xtb_scf", f"the calculation failed: {error}") from error
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise CalculationError("xtb_scf", "the energy or its gradient is not finite")
        return {"energy": energy, "free_energy": energy, "forces": forces @ _TILT.T}

    def _restart(self) -> None:
        self._program = self._start()
        self._seen: bytes | None = None

    def _call(self, subject: Atoms) -> tuple[float, np.ndarray]:
        # Not through the getters of Atoms, which compare all that could have changed since the
        # call before: for a small molecule that takes a tenth of the time of the calculation.
        kept = self._seen == subject.numbers.tobytes()
        self._seen = None
        changes = ["positions"] if kept else all_changes
        self._program.calculate(subject, ["energy", "forces"], changes)
        self._seen = subject.numbers.tobytes()
        results = self._program.results
        return results["energy"], results["forces"]
