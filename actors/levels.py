"""Levels of theory by name: the only place that knows which program computes an energy.

Everything else sees an ASE calculator. Its failures are all `XtbError`s, so a caller needs
to know neither the program nor its exceptions.
"""

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, CalculatorError, all_changes
from scipy.spatial.transform import Rotation

from actors.defaults import DEFAULT_LEVEL

Backend = Literal["xtb", "tblite"]

LABELS = {"gfn2-xtb": "GFN2-xTB", "gfn1-xtb": "GFN1-xTB"}


class XtbError(RuntimeError):
    """A calculation that gave no answer.

    Attributes:
        code: Machine-readable reason, one of the error codes of the result table.
        message: One sentence for a reader.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def label(level: str) -> str:
    """Spelling of a level in results, for example `GFN2-xTB`.

    Raises:
        ValueError: The level is unknown.
    """
    if level not in LABELS:
        raise ValueError(f"unknown level {level!r}; known levels: {', '.join(sorted(LABELS))}")
    return LABELS[level]


def default_backend() -> Backend:
    """The program used when none is named: `xtb` where it is installed, else `tblite`.

    Raises:
        ImportError: Neither is installed.
    """
    if find_spec("xtb") is not None:
        return "xtb"
    if find_spec("tblite") is not None:
        return "tblite"
    raise ImportError("no GFN2-xTB program found; install one with 'pip install tblite'")


def calculator(
    level: str = DEFAULT_LEVEL,
    *,
    charge: int = 0,
    multiplicity: int = 1,
    backend: Backend | None = None,
    deadline: float | None = None,
) -> Calculator:
    """Make an ASE calculator (energy in eV, forces in eV/Å) for one molecule.

    Args:
        level: Name of the level, a key of `LABELS`.
        charge: Total charge of the molecule.
        multiplicity: Spin multiplicity, 1 for a closed shell.
        backend: Program to use; `default_backend()` if not given.
        deadline: Value of `time.process_time()` after which every further call fails with
            `xtb_timeout`. This is how a time budget reaches each step of an optimiser. Processor
            time, so that the outcome does not depend on what else the machine is doing.

    Raises:
        ValueError: The level is unknown.
        ImportError: The program is not installed.
    """
    start = partial(_program, backend or default_backend(), label(level))
    return _Guarded(start, charge, multiplicity, deadline)


def _program(backend: Backend, method: str) -> Calculator:
    if backend == "xtb":
        from xtb.ase.calculator import XTB

        return XTB(method=method)
    from tblite.ase import TBLite

    return TBLite(method=method, verbosity=0)


# xtb 22.1 gives wrong forces (0.05 eV/Å in CO2) when the line between two atoms is exactly along
# an axis, so every molecule is shown to the program turned by an angle that no input has.
_TILT = Rotation.from_rotvec([0.37, -0.71, 0.53]).as_matrix()


class _Guarded(Calculator):
    """Gives both programs one charge and spin convention, one kind of error and a deadline."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - ASE wants a plain list

    def __init__(
        self,
        start: Callable[[], Calculator],
        charge: int,
        multiplicity: int,
        deadline: float | None,
    ) -> None:
        super().__init__()
        self._start = start
        self._program = start()
        self._charge = charge
        self._unpaired = multiplicity - 1
        self._deadline = deadline

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        super().calculate(atoms, properties or ["energy"], system_changes)
        if self._deadline is not None and time.process_time() > self._deadline:
            raise XtbError("xtb_timeout", "the time allowed for this reaction is used up")
        self.results = self._evaluate(self._subject())

    def _subject(self) -> Atoms:
        numbers = self.atoms.numbers
        # Both programs accept an impossible electron count and answer with a meaningless energy.
        if (int(numbers.sum()) - self._charge - self._unpaired) % 2 or self._unpaired < 0:
            raise XtbError(
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
        except CalculatorError:
            # The density of the geometry before can be a bad start; without it, try once more.
            self._program = self._start()
            try:
                energy, forces = self._call(subject)
            except CalculatorError as error:
                raise XtbError("xtb_scf", f"the calculation failed: {error}") from error
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise XtbError("xtb_scf", "the energy or its gradient is not finite")
        return {"energy": energy, "free_energy": energy, "forces": forces @ _TILT.T}

    def _call(self, subject: Atoms) -> tuple[float, np.ndarray]:
        subject.calc = self._program
        return subject.get_potential_energy(), subject.get_forces()
