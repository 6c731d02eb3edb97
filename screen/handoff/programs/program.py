"""What is known of a program of quantum chemistry, and what inputs of several have in common."""

from abc import ABC, abstractmethod
from pathlib import Path

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import Job, Kind, Step
from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.screen.views.shown import visible

CORES = 8
MEMORY_GB = 16
"""Of one job; the README of the jobs says where to change them."""

ABOUT = {
    Kind.SADDLE: "transition state and its vibrations",
    Kind.FORWARD: "path down along the imaginary mode",
    Kind.REVERSE: "path down against the imaginary mode",
    Kind.MINIMUM: "molecule and its vibrations",
}


class UnusableOutputError(ValueError):
    """What a program has written is no good end of a calculation; the text says why."""


class Program(ABC):
    """One program.

    Attributes:
        cores: the lines of a SLURM script that ask for them.
        needs: what must be there on the machine that does the jobs, Markdown.
    """

    cores: tuple[str, ...] = ("--ntasks=1", f"--cpus-per-task={CORES}")
    needs: str

    @abstractmethod
    def inputs(self, job: Job) -> dict[str, str]:
        """Texts of the files of a job, by their names."""

    @abstractmethod
    def commands(self, job: Job) -> list[str]:
        """Lines of a shell script that does a job in its folder."""

    @abstractmethod
    def read(self, folder: Path, step: Step) -> Calculation | None:
        """What a step in a folder has come to; None if there is no output yet.

        Raises:
            UnusableOutputError: it did not end well, or cannot be read.
            UsageError: a package that reads it is not installed.
        """

    def refuse(self, level: str) -> None:  # noqa: B027 - most take whatever they are given
        """Tell what is wrong with a level of theory before a job is written for it.

        Raises:
            UsageError: the program cannot compute it.
        """


def coordinates(job: Job, step: Step) -> str:
    """A line for each atom of a step: symbol and coordinates in Å."""
    lines = [
        f"{SYMBOLS[z]:<2} {x:14.8f} {y:14.8f} {w:14.8f}"
        for z, (x, y, w) in zip(job.numbers(step), step.positions, strict=True)
    ]
    return "\n".join(lines)


def title(job: Job, step: Step) -> str:
    """A line that says what a step is."""
    return f"{visible(job.row[c.REACTION_ID])}: {step.name}, {ABOUT[step.kind]}"
