"""ORCA, version 5 or later."""

from pathlib import Path

import numpy as np

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import SADDLE, Job, Kind, Step
from tscreen.actors.saddles.bonds import stretches
from tscreen.schemas.bonds import changing_bonds
from tscreen.screen.handoff.programs.by_cclib import read_printed
from tscreen.screen.handoff.programs.program import (
    CORES,
    MEMORY_GB,
    Program,
    coordinates,
    title,
)

INPUT, OUTPUT = ".inp", ".out"
IRC_STEPS = 60


class Orca(Program):
    """Keywords as of ORCA 5 and 6."""

    cores = (f"--ntasks={CORES}", "--cpus-per-task=1")
    needs = (
        "`orca` on the PATH, by a full path if it runs in parallel; `module load` it in `submit.sh`"
    )

    def inputs(self, job: Job) -> dict[str, str]:
        """See `Program`."""
        return {f"{step.name}{INPUT}": _text(job, step) for step in job.steps}

    def commands(self, job: Job) -> list[str]:
        """See `Program`."""
        # It starts its parallel parts by its own full path.
        run = '"$(command -v orca)"'
        return [f"{run} {step.name}{INPUT} > {step.name}{OUTPUT}" for step in job.steps]

    def read(self, folder: Path, step: Step) -> Calculation | None:
        """See `Program`."""
        return read_printed(folder / f"{step.name}{OUTPUT}", step)


def _text(job: Job, step: Step) -> str:
    level = " ".join(job.level.split("/", 1))
    parts = [
        f"# {title(job, step)}",
        f"! {level} {_task(step)}".rstrip(),
        f"%pal nprocs {CORES} end",
        f"%maxcore {MEMORY_GB * 1000 // CORES}",
        *_settings(job, step),
    ]
    state = f"{step.charge} {step.multiplicity}"
    if step.kind in (Kind.FORWARD, Kind.REVERSE):  # from where the optimisation has ended
        return "\n".join([*parts, f"* xyzfile {state} {SADDLE}.xyz", ""])
    return "\n".join([*parts, f"* xyz {state}", coordinates(job, step), "*", ""])


def _task(step: Step) -> str:
    if step.kind is Kind.SADDLE:
        return "OptTS Freq TightSCF"
    if step.kind is Kind.MINIMUM:
        return "Opt Freq TightSCF" if len(step.atoms) > 1 else "TightSCF"
    return "IRC TightSCF"


def _settings(job: Job, step: Step) -> list[str]:
    if step.kind is Kind.SADDLE:
        return ["%geom", "  Calc_Hess true", *_mode(job), "end"]
    if step.kind is Kind.MINIMUM:
        return []
    return [
        "%irc",
        f"  MaxIter {IRC_STEPS}",
        f"  Direction {'forward' if step.kind is Kind.FORWARD else 'backward'}",
        "  InitHess read",
        f'  Hess_Filename "{SADDLE}.hess"',
        "end",
    ]


def _mode(job: Job) -> list[str]:
    """Which mode to follow: the one with most of the bond that the known mode stretches most."""
    pairs = changing_bonds(job.reaction)
    if job.mode is None or not len(pairs):
        return []
    moved = stretches(np.array(job.saddle.positions), np.array(job.mode), pairs)
    first, second = pairs[np.abs(moved).argmax()]
    return [f"  TS_Mode {{B {first} {second}}} end"]
