"""QCSchema JSON (MolSSI, version 1), for QCEngine or whatever else speaks it.

Optimisations are `OptimizationInput`s for geomTRIC. The vibrations follow from an `AtomicResult`
with the second derivatives at the end of each. QCSchema has no task for the ways down.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms, units

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import Job, Kind, Step
from tscreen.actors.quantum.hessian import modes
from tscreen.schemas.elements import NUMBER_OF_SYMBOL, SYMBOLS
from tscreen.screen.handoff.programs.program import Program, UnusableOutputError

INPUT, OUTPUT, CURVATURE = ".json", ".out.json", ".hessian.out.json"
RUNNER = "run_qcengine.py"

SCRIPT = f'''"""Do the steps of a job by QCEngine: optimise, then compute second derivatives."""

import sys
from pathlib import Path

import qcengine
import qcelemental

PROGRAM = "psi4"  # any that QCEngine knows

for name in sys.argv[1:]:
    task = qcelemental.util.deserialize(Path(f"{{name}}{INPUT}").read_text(), "json")
    if task["schema_name"] == "qcschema_input":  # a single atom
        done = qcengine.compute(task, PROGRAM)
        Path(f"{{name}}{OUTPUT}").write_text(done.json())
        continue
    task["keywords"]["program"] = PROGRAM
    done = qcengine.compute_procedure(task, "geometric")
    Path(f"{{name}}{OUTPUT}").write_text(done.json())
    if done.success:
        task = {{
            "molecule": done.final_molecule,
            "driver": "hessian",
            "model": task["input_specification"]["model"],
        }}
        curvature = qcengine.compute(task, PROGRAM)
        Path(f"{{name}}{CURVATURE}").write_text(curvature.json())
'''


class QCSchema(Program):
    """Inputs and results are JSON."""

    needs = (
        "Python with `qcengine`, `geometric` and a program that QCEngine knows, Psi4 unless you "
        f"change `{RUNNER}`; activate its environment in `submit.sh`"
    )

    def inputs(self, job: Job) -> dict[str, str]:
        """See `Program`."""
        tasks = {f"{step.name}{INPUT}": _task(job, step) for step in _done(job)}
        return {RUNNER: SCRIPT} | {
            name: json.dumps(task, indent=1) + "\n" for name, task in tasks.items()
        }

    def commands(self, job: Job) -> list[str]:
        """See `Program`."""
        return [f"python {RUNNER} " + " ".join(step.name for step in _done(job))]

    def read(self, folder: Path, step: Step) -> Calculation | None:
        """See `Program`."""
        file = folder / f"{step.name}{OUTPUT}"
        if not file.exists():
            return None
        told = _read(file)
        try:
            molecule = told.get("final_molecule") or told["molecule"]
            energies = told.get("energies") or [told["properties"]["return_energy"]]
            numbers = np.array([NUMBER_OF_SYMBOL[symbol] for symbol in molecule["symbols"]])
            positions = _rows(molecule["geometry"]) * units.Bohr
            energy = float(energies[-1]) * units.Hartree
            return Calculation(numbers, positions, energy, *_vibrations(folder, step, numbers))
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableOutputError(f"{file.name} is no result of QCSchema ({error})") from error


def _done(job: Job) -> list[Step]:
    return [step for step in job.steps if step.kind in (Kind.SADDLE, Kind.MINIMUM)]


def _task(job: Job, step: Step) -> dict[str, Any]:
    method, _, basis = job.level.partition("/")
    molecule = {
        "schema_name": "qcschema_molecule",
        "schema_version": 2,
        "symbols": [SYMBOLS[z] for z in job.numbers(step)],
        "geometry": (np.array(step.positions) / units.Bohr).ravel().tolist(),
        "molecular_charge": step.charge,
        "molecular_multiplicity": step.multiplicity,
        "fix_com": True,
        "fix_orientation": True,
    }
    model = {"method": method, "basis": basis or None}
    if len(step.atoms) == 1:
        return {
            "schema_name": "qcschema_input",
            "schema_version": 1,
            "driver": "energy",
            "model": model,
            "molecule": molecule,
        }
    saddle = {"transition": True, "hessian": "first"} if step.kind is Kind.SADDLE else {}
    return {
        "schema_name": "qcschema_optimization_input",
        "schema_version": 1,
        "keywords": saddle,
        "input_specification": {"driver": "gradient", "model": model},
        "initial_molecule": molecule,
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_bytes())
    except ValueError as error:
        raise UnusableOutputError(f"{file.name} is no JSON ({error})") from error
    if not isinstance(told, dict) or not told.get("success"):
        fault = told.get("error") if isinstance(told, dict) else None
        reason = fault.get("error_message") if isinstance(fault, dict) else None
        raise UnusableOutputError(f"{file.name} has no success ({reason or 'no reason is given'})")
    return told


def _rows(flat: Any) -> np.ndarray:
    return np.array(flat, float).reshape(-1, 3)


def _vibrations(
    folder: Path, step: Step, numbers: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Frequencies and lowest mode, from the second derivatives at the end of the optimisation."""
    file = folder / f"{step.name}{CURVATURE}"
    if len(numbers) == 1 or not file.exists():
        return None, None
    told = _read(file)
    size = 3 * len(numbers)
    matrix = np.array(told["return_result"], float).reshape(size, size)
    atoms = Atoms(numbers, _rows(told["molecule"]["geometry"]) * units.Bohr)
    found = modes(atoms, matrix * units.Hartree / units.Bohr**2)
    return found.frequencies_cm1, found.direction
