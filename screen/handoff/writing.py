"""`tscreen handoff`: a folder of inputs for each reaction, and the scripts that do them all."""

import math
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tscreen.actors.jobs.job import JOB, Job, job_of
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import reactions_of
from tscreen.schemas.tables import REACTION_FIELDS
from tscreen.screen.analysis.query import asked, counted, results_where
from tscreen.screen.dataset.output import dataset_of, written
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.frames import Row
from tscreen.screen.handoff.programs.known import PROGRAMS
from tscreen.screen.handoff.programs.program import CORES, MEMORY_GB, Program
from tscreen.screen.storage.location import Location, LocationLike

FOLDERS, SUBMIT, RUN, README = "folders.txt", "submit.sh", "run.sh", "README.md"
LEVEL = re.compile(r"[\w()+*,./-]+(?: [\w()+*,./-]+)*")
LONGEST_NAME = 60
LARGEST_ARRAY = 1000
"""Tasks of a SLURM array, unless the cluster allows more."""


@dataclass(frozen=True)
class HandedOver:
    """What was written.

    Attributes:
        n_reactions: folders.
        left_out: a sentence for each reaction that has none.
    """

    n_reactions: int
    left_out: list[str]


def handoff(
    out: LocationLike,
    jobs: Path,
    program: str,
    level: str,
    condition: str | None = None,
    least_certain: float | None = None,
) -> HandedOver:
    """Write the jobs for some reactions of a run that has ended.

    Args:
        out: folder of the run.
        jobs: new or empty folder.
        program: that shall do them.
        level: of theory, as the program spells it: `METHOD/BASIS`.
        condition: SQL condition on the columns of the results.
        least_certain: share of these, those of the lowest `p_good`, rounded up to whole ones.

    Raises:
        UsageError: one of these cannot be; nothing was written.
    """
    if program not in PROGRAMS:
        raise UsageError(f"--program {program!r} is not known; choose from {', '.join(PROGRAMS)}")
    known = PROGRAMS[program]
    if not LEVEL.fullmatch(level):
        raise UsageError(f"--level {level!r} is no METHOD/BASIS, such as wB97X-D3/def2-TZVP")
    known.refuse(level)
    if written(Location.at(out)).report is None:
        raise UsageError(f"the run in '{out}' goes on; hand its reactions over when it has ended")
    if jobs.exists() and (not jobs.is_dir() or any(jobs.iterdir())):
        raise UsageError(f"'{jobs}' is there already; name a new folder")
    rows = _chosen(out, condition, least_certain)
    try:
        jobs.mkdir(parents=True, exist_ok=True)
        return _write(rows, jobs, known, program, level)
    except OSError as error:
        raise UsageError(f"'{jobs}' cannot be written ({error.strerror})") from error


def _chosen(out: LocationLike, condition: str | None, least_certain: float | None) -> list[Row]:
    chosen = results_where(condition)
    n_rows = counted(out, chosen, "result", condition)
    share = 1.0 if least_certain is None else least_certain
    limit = math.ceil(share * n_rows - 1e-9)
    certainty = f"coalesce(nullif({c.P_GOOD}, 'nan'::FLOAT), -1)"
    known = dataset_of(out, "results").schema.names
    states = (name for name in c.STATES if name in known)
    names = ", ".join((*c.REQUIRED, *states, c.TS_POSITIONS, c.IMAGINARY_MODE))
    sql = f"SELECT {names} FROM {chosen} ORDER BY {certainty}, {c.REACTION_ID} LIMIT {limit}"
    with asked(out, sql) as answer:
        return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]


def _write(rows: list[Row], jobs: Path, known: Program, program: str, level: str) -> HandedOver:
    folders: list[str] = []
    left_out: list[str] = []
    for made in _made(rows, program, level):
        if isinstance(made, str):
            left_out.append(made)
            continue
        name = _folder(len(folders) + 1, made.row[c.REACTION_ID])
        folders.append(name)
        (jobs / name).mkdir()
        texts = {JOB: made.as_json(), RUN: _script(known.commands(made)), **known.inputs(made)}
        for file, text in texts.items():
            (jobs / name / file).write_text(text)
    (jobs / FOLDERS).write_text("".join(f"{name}\n" for name in folders))
    (jobs / SUBMIT).write_text(_submit(known, len(folders)))
    (jobs / README).write_text(_readme(known, program, level, len(folders)))
    return HandedOver(len(folders), left_out)


def _made(rows: Iterable[Row], program: str, level: str) -> Iterator[Job | str]:
    """The job of each row, or why there is none."""
    for row in rows:
        name = row[c.REACTION_ID]
        if row[c.TS_POSITIONS] is None:
            yield f"reaction '{name}' has no transition state to start from"
            continue
        given = {column: row.get(column) for column in (*c.REQUIRED, *c.STATES)}
        [reaction] = reactions_of(pa.Table.from_pylist([given], REACTION_FIELDS))
        mode = row[c.IMAGINARY_MODE]
        known = None if mode is None else np.array(mode)
        try:
            yield job_of(reaction, np.array(row[c.TS_POSITIONS]), known, program, level)
        except CalculationError as error:
            yield f"reaction '{name}': charge and spin of its molecules are not known: {error}"


def _folder(number: int, reaction_id: str) -> str:
    """A name for any file system; the number makes it the only one."""
    return f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '_', reaction_id)[:LONGEST_NAME]}"


def _script(commands: list[str]) -> str:
    return "\n".join(["#!/bin/bash", 'cd "$(dirname "$0")"', *commands, ""])


def _submit(known: Program, n_jobs: int) -> str:
    asked_for = ["--job-name=tscreen", f"--array=1-{n_jobs}", *known.cores]
    asked_for += [f"--mem={MEMORY_GB + MEMORY_GB // 4}G", "--time=24:00:00"]
    return "\n".join(
        [
            "#!/bin/bash",
            *(f"#SBATCH {option}" for option in asked_for),
            "# Load the program here.",
            f'folder=$(sed -n "${{SLURM_ARRAY_TASK_ID}}p" {shlex.quote(FOLDERS)})',
            f'bash "$folder/{RUN}"',
            "",
        ]
    )


def _readme(known: Program, program: str, level: str, n_jobs: int) -> str:
    many = (
        f"\nThere are more than {LARGEST_ARRAY} jobs, and many clusters take no larger array: "
        "submit parts of them, as `sbatch --array=1-1000 submit.sh`.\n"
        if n_jobs > LARGEST_ARRAY
        else ""
    )
    return f"""# {n_jobs} reactions for {program} at {level}

Each folder holds one reaction: `{JOB}` says what it is, `{RUN}` does its steps. These are the
transition state (`ts`: optimised from the structure that tscreen has found, with its vibrations),
the paths down from it (`irc-forward`, `irc-reverse`, but for qcschema) and the molecules of both
sides (`reactant-1`, `product-1` and so on), each with its own charge and multiplicity.

Needed: {known.needs}.

    sbatch {SUBMIT}    # all of them, on a cluster with SLURM
    for folder in $(cat {FOLDERS}); do bash $folder/{RUN}; done    # one after the other
{many}
Each job asks for {CORES} cores and {MEMORY_GB} GB; where you change that, change it in `{SUBMIT}`
and in the inputs. Outputs lie beside the inputs. Then, also while some are not done yet:

    tscreen absorb OUT {{this folder}}
"""
