"""Levels of theory by name: the only place that knows which program computes an energy.

Everything else sees an ASE calculator. Its failures are all `XtbError`s, so a caller needs
to know neither the program nor its exceptions.
"""

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, CalculatorError, all_changes
from scipy.spatial.transform import Rotation

from tscreen.actors.defaults import DEFAULT_LEVEL
from tscreen.actors.workers.errors import XtbError

Backend = Literal["xtb", "tblite", "pyscf"]


class Level(NamedTuple):
    """What is known of a level of theory.

    Attributes:
        label: Its spelling in results; for the xTB programs also the name of the method.
        backends: The programs that compute it, the preferred one first.
    """

    label: str
    backends: tuple[Backend, ...]


LEVELS = {
    "gfn2-xtb": Level("GFN2-xTB", ("xtb", "tblite")),
    "gfn1-xtb": Level("GFN1-xTB", ("xtb", "tblite")),
    "wb97x-d3/def2-svp": Level("wB97X-D3/def2-SVP", ("pyscf",)),
}
PACKAGES: dict[Backend, str] = {"xtb": "xtb", "tblite": "tblite", "pyscf": "'tscreen[dft]'"}
"""What to give to `pip install` for a program."""


def label(level: str) -> str:
    """Spelling of a level in results, for example `GFN2-xTB`.

    Raises:
        ValueError: The level is unknown.
    """
    return _known(level).label


def chosen_backend(level: str, backend: Backend | None = None) -> Backend:
    """The program that computes a level: the named one, else the preferred one of those installed.

    Raises:
        ValueError: The level is unknown, or the program cannot compute it.
        ImportError: The program is not installed.
    """
    known = _known(level)
    if backend is not None and backend not in known.backends:
        raise ValueError(f"{backend} cannot compute {level}; {' or '.join(known.backends)} can")
    for candidate in (backend,) if backend else known.backends:
        if find_spec(candidate) is not None:
            return candidate
    # The last one has wheels wherever the others have.
    missing = backend or known.backends[-1]
    raise ImportError(
        f"{level} needs {missing}, which is not installed; get it: pip install {PACKAGES[missing]}"
    )


def _known(level: str) -> Level:
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}; known levels: {', '.join(sorted(LEVELS))}")
    return LEVELS[level]


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
        level: Name of the level, a key of `LEVELS`.
        charge: Total charge of the molecule.
        multiplicity: Spin multiplicity, 1 for a closed shell.
        backend: Program to use; see `chosen_backend`.
        deadline: Value of `time.process_time()` after which every further call fails with
            `xtb_timeout`. This is how a time budget reaches each step of an optimiser. Processor
            time, so that the outcome does not depend on what else the machine is doing.

    Raises:
        ValueError: The level is unknown, or the program cannot compute it.
        ImportError: The program is not installed.
    """
    start = partial(_program, chosen_backend(level, backend), label(level))
    return _Guarded(start, charge, multiplicity, deadline)


def _program(backend: Backend, method: str) -> Calculator:
    if backend == "pyscf":
        from tscreen.actors.quantum.pyscf_calculator import PySCF

        return PySCF()
    if backend == "xtb":
        from xtb.ase.calculator import XTB

        return XTB(method=method)
    from tblite.ase import TBLite

    return TBLite(method=method, verbosity=0)


# xtb 22.1 gives wrong forces (0.05 eV/Å in CO2) when the line between two atoms is exactly along
# an axis, so every molecule is shown to the program turned by an angle that no input has.
_TILT = Rotation.from_rotvec([0.37, -0.71, 0.53]).as_matrix()


class _Guarded(Calculator):
    """Gives all programs one charge and spin convention, one kind of error and a deadline."""

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
        # The xTB programs accept an impossible electron count and answer with a meaningless energy.
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
