"""Read what ORCA, Gaussian and Psi4 have printed, by cclib."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ase import units

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import Kind, Step
from tscreen.screen.errors import UsageError
from tscreen.screen.handoff.programs.program import UnusableOutputError

FINAL_OF_ORCA = re.compile(r"FINAL SINGLE POINT ENERGY\s+(-?\d+\.\d+)")


def read_printed(file: Path, step: Step) -> Calculation | None:
    """What a printed output says of a step; None where there is no such file.

    Raises:
        UnusableOutputError: it did not end well, or cannot be read.
        UsageError: cclib is not installed.
    """
    if not file.exists():
        return None
    data = _parsed(file)
    if not data.metadata.get("success"):
        raise UnusableOutputError(f"{file.name} has no normal end")
    optimised = step.kind in (Kind.SADDLE, Kind.MINIMUM) and len(step.atoms) > 1
    # Psi4 has no normal end after an optimisation that has not converged.
    if optimised and data.metadata["package"] != "Psi4" and not getattr(data, "optdone", False):
        raise UnusableOutputError(f"the optimisation in {file.name} has not converged")
    try:
        frequencies, mode = _vibrations(data)
        return Calculation(
            np.asarray(data.atomnos),
            np.asarray(data.atomcoords[-1], float),
            _energy(file, data),
            frequencies,
            mode,
        )
    except (AttributeError, IndexError) as error:
        raise UnusableOutputError(
            f"{file.name} has no structure or no energy that cclib can read ({error})"
        ) from error


def _parsed(file: Path) -> Any:
    ccread = _reader()
    try:
        data = ccread(str(file), loglevel=logging.CRITICAL)
    except Exception as error:  # whatever a cut or strange file does to a parser
        raise UnusableOutputError(f"cclib cannot read {file.name}: {error}") from error
    if data is None:
        raise UnusableOutputError(f"cclib does not know what {file.name} is")
    return data


def _reader() -> Callable[..., Any]:
    try:
        from cclib.io import ccread
    except ImportError as error:
        raise UsageError(
            "reading the outputs of this program needs cclib: pip install 'tscreen[quantum]'"
        ) from error
    return ccread


def _energy(file: Path, data: Any) -> float:
    """The last electronic energy in eV, at the highest level that is printed."""
    # ORCA's own sum alone holds dispersion and correlation whatever the method.
    if found := FINAL_OF_ORCA.findall(file.read_text(errors="replace")):
        return float(found[-1]) * units.Hartree
    if hasattr(data, "ccenergies"):
        return float(data.ccenergies[-1])
    if hasattr(data, "mpenergies"):
        return float(data.mpenergies[-1][-1])
    return float(data.scfenergies[-1])


def _vibrations(data: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Rising frequencies, and the displacements of the lowest mode."""
    if not len(getattr(data, "vibfreqs", ())):
        return None, None
    order = np.argsort(data.vibfreqs)
    frequencies = np.asarray(data.vibfreqs, float)[order]
    if not hasattr(data, "vibdisps"):
        return frequencies, None
    mode = np.asarray(data.vibdisps[order[0]], float)
    return frequencies, mode / np.linalg.norm(mode, axis=1).max()
