"""Do a job with PySCF: `python -m tscreen.actors.jobs.pyscf_job FOLDER`, on any machine.

The saddle point is searched by Sella from the mode that the job gives, the ways down are followed
and the molecules are relaxed as in a search of a run, on the level of theory of the job.
"""

import json
import sys
from pathlib import Path

import numpy as np

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import JOB, Job, Kind, Step
from tscreen.actors.quantum.levels import PYSCF
from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.thermochemistry import minimum
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.saddles.irc import way_down
from tscreen.actors.saddles.saddle import Saddle, locate

RESULT = ".result.json"


def do(folder: Path) -> bool:
    """Do what is left of the job in a folder; every step leaves a file.

    Returns:
        Whether all steps ended well; the file of one that did not says why.
    """
    job = Job.from_json((folder / JOB).read_bytes())
    surface = Surface(f"{PYSCF}{job.level}")
    whole = True
    found: Saddle | None = None
    for step in job.steps:
        file = folder / f"{step.name}{RESULT}"
        try:
            if step.kind is Kind.MINIMUM:
                text = _minimum(job, step, surface).as_json()
            elif step.kind is Kind.SADDLE:
                found = locate(job.reaction, np.array(step.positions), surface, _mode(job))
                text = _of(job, found).as_json()
            elif found is None:
                continue
            else:
                text = _end(job, found, step, surface).as_json()
        except Exception as error:  # whatever it is, the other steps go on
            whole, text = False, json.dumps({"error": str(error)}) + "\n"
        file.write_text(text)
    return whole


def _mode(job: Job) -> np.ndarray | None:
    return None if job.mode is None else np.array(job.mode)


def _of(job: Job, found: Saddle) -> Calculation:
    return Calculation(
        job.reaction.atomic_numbers,
        found.positions,
        found.energy,
        found.frequencies_cm1,
        found.direction,
    )


def _end(job: Job, found: Saddle, step: Step, surface: Surface) -> Calculation:
    r = job.reaction
    positions = way_down(r, found, 1 if step.kind is Kind.FORWARD else -1, surface)
    state = (r.charge, r.multiplicity)
    here = energy(r.atomic_numbers, positions, *state, surface=surface)
    return Calculation(r.atomic_numbers, positions, here)


def _minimum(job: Job, step: Step, surface: Surface) -> Calculation:
    numbers, start = job.numbers(step), np.array(step.positions)
    if len(numbers) == 1:
        here = energy(numbers, start, step.charge, step.multiplicity, surface=surface)
        return Calculation(numbers, start, here)
    atoms, found = minimum(Molecule(numbers, start, step.charge, step.multiplicity), surface)
    return Calculation(numbers, atoms.get_positions(), atoms.get_potential_energy(), found)


if __name__ == "__main__":
    sys.exit(0 if do(Path(sys.argv[1])) else 1)
