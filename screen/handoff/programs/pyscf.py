"""PySCF, by way of tscreen's own searches; see `tscreen.actors.jobs.pyscf_job`."""

from importlib.util import find_spec
from pathlib import Path

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import Job, Step
from tscreen.actors.jobs.pyscf_job import RESULT
from tscreen.actors.quantum.levels import PYSCF, chosen_backend
from tscreen.screen.errors import UsageError
from tscreen.screen.handoff.programs.program import Program, UnusableOutputError


class PySCFJobs(Program):
    """Everything in `job.json` is done by one Python process."""

    needs = "Python with `pip install 'tscreen[dft]'`; activate its environment in `submit.sh`"

    def inputs(self, job: Job) -> dict[str, str]:
        """See `Program`; `job.json`, which every job has, says it all."""
        return {}

    def commands(self, job: Job) -> list[str]:
        """See `Program`."""
        return [
            "export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}",
            "python -m tscreen.actors.jobs.pyscf_job .",
        ]

    def read(self, folder: Path, step: Step) -> Calculation | None:
        """See `Program`."""
        file = folder / f"{step.name}{RESULT}"
        if not file.exists():
            return None
        try:
            return Calculation.from_json(file.read_bytes())
        except ValueError as error:
            raise UnusableOutputError(f"{file.name}: {error}") from error

    def refuse(self, level: str) -> None:
        """See `Program`; where PySCF is not installed only the spelling is looked at."""
        try:
            if find_spec("pyscf") is not None or "/" not in level:
                chosen_backend(f"{PYSCF}{level}")
        except (ValueError, ImportError) as error:
            raise UsageError(f"--level {level}: {error}") from error
