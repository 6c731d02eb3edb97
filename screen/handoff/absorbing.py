"""`tscreen absorb`: read what the programs have written, check it, keep it with the run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from tscreen.actors.jobs.job import JOB, REACTANT, Job
from tscreen.schemas import columns as c
from tscreen.schemas.tables import QUANTUM_FIELDS
from tscreen.screen.dataset.output import read_results, written
from tscreen.screen.dataset.quantum import absorb_rows
from tscreen.screen.errors import UsageError
from tscreen.screen.handoff.agreement import Agreement, agreement
from tscreen.screen.handoff.checking import UnfitError, row_of
from tscreen.screen.handoff.programs.known import PROGRAMS
from tscreen.screen.handoff.programs.program import UnusableOutputError
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.lock import locked

NEEDED = (
    c.REACTION_ID,
    c.ATOMIC_NUMBERS,
    c.TS_POSITIONS,
    c.P_GOOD,
    c.BARRIER_ML,
    c.BARRIER_ML_LOW,
    c.BARRIER_ML_HIGH,
    c.BARRIER_ML_LEVEL,
)


@dataclass(frozen=True)
class Absorbed:
    """What came of it.

    Attributes:
        n_absorbed: reactions whose row is in `OUT/quantum/` now.
        n_waiting: jobs whose TS or reactant is not done yet.
        bad: a sentence for each of the others, and for each part that is missing of a row.
        agreement: of the predictions with what was absorbed; None if nothing was.
    """

    n_absorbed: int
    n_waiting: int
    bad: list[str]
    agreement: Agreement | None


def absorb(out: LocationLike, jobs: Path) -> Absorbed:
    """Take the outputs of jobs into the folder of their run.

    Args:
        out: folder of a run that has ended.
        jobs: folder that `handoff` has written.

    Raises:
        UsageError: one of these is something else, cannot be written, or a package is missing.
    """
    location = Location.at(out)
    if written(location).report is None:
        raise UsageError(f"the run in '{out}' goes on; absorb its jobs when it has ended")
    folders = sorted(file.parent for file in jobs.glob(f"*/{JOB}"))
    if not folders:
        raise UsageError(f"'{jobs}' holds no jobs; give the folder that `tscreen handoff` wrote")
    asked, bad = _jobs(folders)
    ids = [job.row[c.REACTION_ID] for job in asked.values()]
    results = read_results(out).select(NEEDED).filter(pl.col(c.REACTION_ID).is_in(ids)).collect()
    known = {row[c.REACTION_ID]: row for row in results.iter_rows(named=True)}
    rows: dict[str, dict[str, Any]] = {}
    n_waiting = 0
    for folder, job in asked.items():
        name = job.row[c.REACTION_ID]
        where = f"reaction '{name}' in '{folder}'"
        try:
            row, missed = _row(folder, job, known.get(name))
        except (UnusableOutputError, UnfitError) as error:
            bad.append(f"{where}: {error}")
            continue
        bad += [f"{where}: {why}; it is absorbed without that" for why in missed if row]
        if row is None:
            n_waiting += 1
        else:
            rows[name] = row
    if not rows:
        return Absorbed(0, n_waiting, bad, None)
    table = pa.Table.from_pylist(list(rows.values()), QUANTUM_FIELDS)
    try:
        with locked(location):
            absorb_rows(table, location)
    except OSError as error:
        raise UsageError(f"'{out}' cannot be written ({error.strerror or error})") from error
    compared = results.join(pl.DataFrame(table), on=c.REACTION_ID)
    return Absorbed(len(rows), n_waiting, bad, agreement(compared))


def _jobs(folders: list[Path]) -> tuple[dict[Path, Job], list[str]]:
    """The jobs that can be read, by their folders, and a sentence on each of the others."""
    found: dict[Path, Job] = {}
    bad: list[str] = []
    for folder in folders:
        try:
            job = Job.from_json((folder / JOB).read_bytes())
            if job.program not in PROGRAMS:
                raise ValueError(f"no program is called {job.program!r}")
        except (OSError, ValueError) as error:
            bad.append(f"'{folder / JOB}' cannot be read: {error}; hand the reaction over again")
            continue
        found[folder] = job
    return found, bad


def _row(
    folder: Path, job: Job, result: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, list[str]]:
    """The row of a job, None if its TS or its reactant is not done yet; and what else is bad."""
    if result is None or result[c.ATOMIC_NUMBERS] != job.row[c.ATOMIC_NUMBERS]:
        raise UnfitError("it is no reaction of this run; give the run that it was handed over from")
    if result[c.TS_POSITIONS] is None:
        raise UnfitError("it has no transition state in this run to compare with")
    program, needed = PROGRAMS[job.program], [job.saddle, *job.molecules(REACTANT)]
    found, missed = {}, []
    for step in job.steps:
        try:
            done = program.read(folder, step)
        except UnusableOutputError as error:
            if step in needed:
                raise
            missed.append(str(error))
            continue
        if done is not None:
            found[step.name] = done
    if any(step.name not in found for step in needed):
        return None, missed
    return row_of(job, found, np.array(result[c.TS_POSITIONS])), missed
