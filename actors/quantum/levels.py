"""Levels of theory by name: the only place that knows which program computes an energy.

Everything else sees an ASE calculator. Its failures are all `CalculationError`s, so a caller needs
to know neither the program nor its exceptions.
"""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ase.calculators.calculator import Calculator

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.programs import foreign
from tscreen.actors.quantum.programs.corrected import Corrected
from tscreen.actors.quantum.programs.guarded import Guarded
from tscreen.actors.quantum.solvents import in_solvent, without_solvent

Backend = Literal["xtb", "tblite", "pyscf", "ase"]


class Programs(NamedTuple):
    """What is known of a level of theory.

    Attributes:
        label: Its spelling in results; for the xTB programs also the name of the method.
        backends: The programs that compute it, the preferred one first.
    """

    label: str
    backends: tuple[Backend, ...]


CORRECTED_LEVEL = "gfn2-xtb+delta"
"""GFN2-xTB with the committee's correction."""

LEVELS = {
    MODEL_LEVEL: Programs("GFN2-xTB", ("xtb", "tblite")),
    CORRECTED_LEVEL: Programs("GFN2-xTB+delta", ("xtb", "tblite")),
    "gfn1-xtb": Programs("GFN1-xTB", ("xtb", "tblite")),
    "wb97x-d3/def2-svp": Programs("wB97X-D3/def2-SVP", ("pyscf",)),
}
PACKAGES: dict[Backend, str] = {
    "xtb": "xtb",
    "tblite": "tblite",
    "pyscf": "'tscreen[dft]'",
    "ase": "ase",
}
"""What to give to `pip install` for a program."""

PYSCF = "pyscf:"
"""Before `METHOD/BASIS`, any that PySCF has."""


SOLVATING: Backend = "tblite"
"""The program that has ALPB; see `solvents`."""


def label(level: str, solvent: str | None = None) -> str:
    """Spelling of a level in results, for example `GFN2-xTB` or `GFN2-xTB(ALPB water)`.

    Raises:
        ValueError: The level is unknown.
    """
    return in_solvent(_known(level).label, solvent)


def labelled(text: str) -> tuple[str, str | None]:
    """The level that is spelt so in results, and the solvent; the reverse of `label`."""
    text, solvent = without_solvent(text)
    level = next((level for level, known in LEVELS.items() if known.label == text), text)
    return level, solvent


def chosen_backend(
    level: str, backend: Backend | None = None, solvent: str | None = None
) -> Backend:
    """The program that computes a level: the named one, else the preferred one of those installed.

    Raises:
        ValueError: The level is unknown, the program cannot compute it or not in a solvent, an
            `ase:` level does not lead to a calculator, or PySCF lacks what a `pyscf:` level names.
        ImportError: The program is not installed.
    """
    known = _known(level)
    able = known.backends
    if solvent is not None:
        able = tuple(name for name in able if name == SOLVATING)
    if not able:
        raise ValueError(
            f"{level} is computed in the gas phase alone; leave the solvent out, or choose one of "
            f"{', '.join(name for name, x in LEVELS.items() if SOLVATING in x.backends)}"
        )
    what = level if solvent is None else f"{level} in a solvent"
    if backend is not None and backend not in able:
        raise ValueError(f"{backend} cannot compute {what}; {' or '.join(able)} can")
    for candidate in (backend,) if backend else able:
        if find_spec(candidate) is not None:
            if candidate == "ase":
                foreign.factory_of(level)
            if level.startswith(PYSCF):
                from tscreen.actors.quantum.programs.pyscf_calculator import refuse_unknown

                refuse_unknown(*_method_and_basis(level))
            return candidate
    # The last one has wheels wherever the others have.
    missing = backend or able[-1]
    raise ImportError(
        f"{what} needs {missing}, which is not installed; get it: pip install {PACKAGES[missing]}"
    )


def _known(level: str) -> Programs:
    if level.startswith(foreign.PREFIX):
        return Programs(level, ("ase",))
    if level.startswith(PYSCF):
        return Programs(level, ("pyscf",))
    if level not in LEVELS:
        raise ValueError(
            f"unknown level {level!r}; known levels: {', '.join(sorted(LEVELS))}, "
            f"{PYSCF}METHOD/BASIS, and any ASE calculator as {foreign.PREFIX}package.module:Factory"
        )
    return LEVELS[level]


def _method_and_basis(level: str) -> tuple[str, str]:
    """Of a level, or of its label, that PySCF computes."""
    method, _, basis = level.removeprefix(PYSCF).partition("/")
    if not (method and basis):
        raise ValueError(f"level {level!r} is not of the form {PYSCF}METHOD/BASIS")
    return method, basis


def calculator(
    level: str = MODEL_LEVEL,
    *,
    charge: int = 0,
    multiplicity: int = 1,
    backend: Backend | None = None,
    deadline: float | None = None,
    head: int | None = None,
    weights: Path | None = None,
    solvent: str | None = None,
) -> Calculator:
    """Make an ASE calculator (energy in eV, forces in eV/Å) for one molecule.

    Args:
        level: Name of the level, a key of `LEVELS` or as `foreign` has it.
        charge: Total charge of the molecule.
        multiplicity: Spin multiplicity, 1 for a closed shell.
        backend: Program to use; see `chosen_backend`.
        deadline: Value of `time.process_time()` after which every further call fails with
            `xtb_timeout`. This is how a time budget reaches each step of an optimiser. Processor
            time, so that the outcome does not depend on what else the machine is doing.
        head: Of the corrected level, see `corrected.Corrected`.
        weights: Folder of the correction, None for the shipped one.
        solvent: Name of an implicit solvent as `solvents` has it, None for the gas phase. The
            correction, learnt in the gas phase, stays the same in it.

    Raises:
        ValueError: As `chosen_backend`.
        ImportError: The program is not installed.
    """
    program = chosen_backend(level, backend, solvent)
    if level == CORRECTED_LEVEL:
        start = partial(_program, program, label(MODEL_LEVEL), solvent)
        base = Guarded(start, charge, multiplicity, deadline)
        return Corrected(base, charge, multiplicity, head, weights)
    if program == "ase":
        start = partial(foreign.made, foreign.factory_of(level), charge, multiplicity)
        # Whatever somebody else's calculator raises, it has no answer.
        return Guarded(start, charge, multiplicity, deadline, failures=Exception)
    start = partial(_program, program, label(level), solvent)
    return Guarded(start, charge, multiplicity, deadline)


def _program(backend: Backend, method: str, solvent: str | None) -> Calculator:
    if backend == "pyscf":
        from tscreen.actors.quantum.programs.pyscf_calculator import PySCF

        return PySCF(*_method_and_basis(method))
    if backend == "xtb":
        from xtb.ase.calculator import XTB

        return XTB(method=method)
    from tblite.ase import TBLite

    options: dict[str, Any] = {} if solvent is None else {"solvation": ("alpb", solvent)}
    return TBLite(method=method, verbosity=0, **options)
