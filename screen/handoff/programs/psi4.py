"""Psi4, version 1.4 or later."""

from pathlib import Path

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import SADDLE, Job, Kind, Step
from tscreen.screen.handoff.programs.by_cclib import read_printed
from tscreen.screen.handoff.programs.program import (
    CORES,
    MEMORY_GB,
    Program,
    coordinates,
    title,
)

INPUT, OUTPUT = ".dat", ".out"
FOUND = f"{SADDLE}-found.xyz"
"""Where the optimised TS is kept for the paths down from it."""


class Psi4(Program):
    """Second derivatives at the start are computed, and the lowest mode is followed."""

    needs = "`psi4` on the PATH; activate its environment in `submit.sh`"

    def inputs(self, job: Job) -> dict[str, str]:
        """See `Program`."""
        return {f"{step.name}{INPUT}": _text(job, step) for step in job.steps}

    def commands(self, job: Job) -> list[str]:
        """See `Program`."""
        return [f"psi4 -n {CORES} {step.name}{INPUT} {step.name}{OUTPUT}" for step in job.steps]

    def read(self, folder: Path, step: Step) -> Calculation | None:
        """See `Program`."""
        return read_printed(folder / f"{step.name}{OUTPUT}", step)


def _text(job: Job, step: Step) -> str:
    return "\n".join(
        [
            f"# {title(job, step)}",
            f"memory {MEMORY_GB} GB",
            *_molecule(job, step),
            f"set reference {'rhf' if step.multiplicity == 1 else 'uhf'}",  # Kohn-Sham's alike
            *_tasks(job, step),
            "",
        ]
    )


def _molecule(job: Job, step: Step) -> list[str]:
    state = f"{step.charge} {step.multiplicity}"
    frame = ["symmetry c1", "no_reorient", "no_com"]
    if step.kind in (Kind.FORWARD, Kind.REVERSE):
        return [
            "import psi4",
            f"atoms = open('{FOUND}').read().splitlines()[2:]",
            f"psi4.geometry('\\n'.join(['{state}', *atoms, 'units angstrom', "
            + ", ".join(f"'{line}'" for line in frame)
            + "]))",
        ]
    lines = [state, coordinates(job, step), "units angstrom", *frame]
    return ["molecule structure {", *lines, "}"]


def _tasks(job: Job, step: Step) -> list[str]:
    call = f"'{job.level}'"
    if step.kind is Kind.SADDLE:
        return [
            "set opt_type ts",
            "set full_hess_every 0",
            "set geom_maxiter 100",
            f"optimize({call})",
            f"structure.save_xyz_file('{FOUND}', True)",
            f"frequency({call})",
        ]
    if step.kind is Kind.MINIMUM:
        if len(step.atoms) == 1:
            return [f"energy({call})"]
        return ["set geom_maxiter 100", f"optimize({call})", f"frequency({call})"]
    return [
        "set opt_type irc",
        "set full_hess_every 0",
        f"set irc_direction {'forward' if step.kind is Kind.FORWARD else 'backward'}",
        "set geom_maxiter 100",
        f"optimize({call})",
    ]
