"""Gaussian 16."""

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

INPUT, OUTPUT = ".gjf", ".log"
IRC_POINTS = 40


class Gaussian(Program):
    """The second derivatives at the start are computed, and the lowest mode is followed."""

    needs = "`g16` on the PATH; `module load` it in `submit.sh`"

    def inputs(self, job: Job) -> dict[str, str]:
        """See `Program`."""
        return {f"{step.name}{INPUT}": _text(job, step) for step in job.steps}

    def commands(self, job: Job) -> list[str]:
        """See `Program`."""
        return [f"g16 < {step.name}{INPUT} > {step.name}{OUTPUT}" for step in job.steps]

    def read(self, folder: Path, step: Step) -> Calculation | None:
        """See `Program`."""
        return read_printed(folder / f"{step.name}{OUTPUT}", step)


def _text(job: Job, step: Step) -> str:
    follows = step.kind in (Kind.FORWARD, Kind.REVERSE)
    head = [
        *([f"%oldchk={SADDLE}.chk"] if follows else []),
        f"%chk={step.name}.chk",
        f"%nprocshared={CORES}",
        f"%mem={MEMORY_GB}GB",
        f"#p {job.level} {_task(step)}".rstrip(),
        "",
        title(job, step),
        "",
        f"{step.charge} {step.multiplicity}",
    ]
    body = [] if follows else [coordinates(job, step)]
    return "\n".join([*head, *body, "", ""])


def _task(step: Step) -> str:
    if step.kind is Kind.SADDLE:
        return "opt=(ts,calcfc,noeigentest,maxcycles=100) freq"
    if step.kind is Kind.MINIMUM:
        return "opt freq" if len(step.atoms) > 1 else ""
    way = "forward" if step.kind is Kind.FORWARD else "reverse"
    return f"irc=(rcfc,{way},maxpoints={IRC_POINTS}) geom=check guess=read"
