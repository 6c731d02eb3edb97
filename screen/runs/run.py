"""One run: plan, screen, count, report."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.version import VERSION
from tscreen.screen.analysis.barriers import barriers_of
from tscreen.screen.dataset.compaction import clear, compact
from tscreen.screen.dataset.digests import intact
from tscreen.screen.dataset.output import Tables, report_of, write_report
from tscreen.screen.dataset.partitions import check_partitions
from tscreen.screen.dataset.run_report import Counts, RunReport, StageWork, Times, Workers
from tscreen.screen.dataset.writing import SCORED
from tscreen.screen.engine.counters import CountersHandle, Tally
from tscreen.screen.engine.pools import PoolSizes, size_pools
from tscreen.screen.engine.progress import Show, followed
from tscreen.screen.engine.session import ray_session
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import Stages, level_of, shipped
from tscreen.screen.errors import UsageError, broken_off
from tscreen.screen.inputs.packed import kind_of
from tscreen.screen.inputs.reading import Plan, files_of, passed_over, plan
from tscreen.screen.inputs.smiles_csv import SMILES_SUFFIXES
from tscreen.screen.inputs.stamps import refuse_changed
from tscreen.screen.runs.pipeline import COMPACT, screen, stage_totals
from tscreen.screen.runs.resume import begin, describe, finished_chunks
from tscreen.screen.runs.standard_input import input_of
from tscreen.screen.runs.work import Work
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked
from tscreen.screen.views.shown import visible

BLOCK_ROWS = 32
"""Rows of a chunk: enough to fill a GPU with their samples, few enough to lose little."""
BLOCK_ROWS_SMILES = 4
"""The same where structures are built first, which takes a core seconds for each."""

RAY_LOG = "ray.log"


def run(settings: Settings, show: Show, stages: Stages | None = None) -> RunReport:
    """Screen all reactions of `settings.input` into `settings.out`, or go on where it was left.

    Args:
        settings: what is wanted.
        show: how progress is shown.
        stages: other stages than the shipped ones, for tests.

    Returns:
        What is also written to `run.json`.

    Raises:
        UsageError: the settings cannot be met, or the folder holds another run; nothing was
            written.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    start = time.monotonic()
    started_at = datetime.now(UTC)
    settings = replace(settings, level=level_of(settings))  # as the run is described from now on
    stages = stages or shipped(settings)
    out = Location.at(settings.out)
    source = input_of(settings.input, out)
    planned = plan(
        source,
        block_rows=_block_rows(source),
        filter=settings.filter,
        limit=settings.limit,
    )
    if planned.passed_over:
        print(f"tscreen: {visible(passed_over(planned))}", file=sys.stderr)
    if not planned.n_rows:
        raise UsageError(f"no row of '{settings.input}' meets filter {settings.filter!r}")
    check_partitions(settings.partition_by, planned.sources)
    begin(out, describe(settings, stages.weights, planned))
    with locked(out):
        if (finished := report_of(out)) is not None:
            clear(out)  # of a run that was killed before it could
            return finished
        work = _left(planned, finished_chunks(out), out)
        made = _carried_out(settings, stages, work, out, show)
        counts = _counts(
            made.tables.results.frame(), made.tables.rejects.frame(), planned.n_rows, out
        )
        n_left = sum(len(chunk.rows) for chunk in work.to_write)
        sizes = made.sizes
        report = RunReport(
            version=VERSION,
            started_at=started_at.isoformat(timespec="seconds"),
            seed=settings.seed,
            settings=settings.as_json(),
            weights=stages.weights,
            workers=Workers(sizes.cores, sizes.samplers, sizes.sampler_gpus),
            counts=counts,
            rows_done_before=planned.n_rows - n_left,
            barriers_kcal_mol=barriers_of(made.tables.results.frame()),
            partitions={column.name: str(column.type) for column in made.tables.results.partitions},
            times_s=Times(
                startup=made.computing_at - start,
                screening=made.screened_at - made.computing_at,
                compaction=made.compacted_at - made.screened_at,
                total=time.monotonic() - start,
            ),
            stages={
                name: StageWork(tally.rows, tally.seconds) for name, tally in made.tallies.items()
            },
            reactions_per_s=n_left / (made.screened_at - made.computing_at),
        )
        write_report(report, out, made.tables)
        clear(out)
        return report


@dataclass(frozen=True)
class Made:
    """What came of a run's work; times are those of `time.monotonic`.

    Attributes:
        tables: files of the dataset.
        sizes: who did it.
        tallies: rows and time of each stage.
        computing_at: when the first worker began.
        screened_at: when the last chunk was written.
        compacted_at: when the dataset was.
    """

    tables: Tables
    sizes: PoolSizes
    tallies: dict[str, Tally]
    computing_at: float
    screened_at: float
    compacted_at: float


def _carried_out(settings: Settings, stages: Stages, work: Work, out: Location, show: Show) -> Made:
    """Do the work with Ray, and compact what it has written."""
    log = (out.local or Path(tempfile.mkdtemp(prefix="tscreen-"))) / RAY_LOG
    with ray_session(settings.address, log) as resources:
        import ray

        ready = time.monotonic()
        sizes = size_pools(resources, settings.workers, settings.gpus_per_sampler)
        with followed(stage_totals(settings, work, stages), show) as (counters, tallies):
            try:
                if work.to_write:
                    screen(work, settings, stages, sizes, counters)
                refuse_changed(work.files, work.files)
                screened = time.monotonic()
                computing = ray.get(counters.since.remote()) or ready
                names = [chunk.name for chunk in work.chunks]
                tables = compact(out, names, settings.partition_by, _noted(counters, COMPACT))
            except Exception as error:
                raise broken_off("run", error, str(out), log) from error
    return Made(tables, sizes, tallies, computing, screened, time.monotonic())


def _noted(counters: CountersHandle, name: str) -> Callable[[int], None]:
    """Tells the counters of rows that this process has done, and of the time since it last did."""
    since = time.perf_counter()

    def note(rows: int) -> None:
        nonlocal since
        now = time.perf_counter()
        counters.note.remote(name, rows, now - since)
        since = now

    return note


def _left(planned: Plan, done: set[str], out: Location) -> Work:
    aside = intact(out / SCORED, out)
    return Work(
        planned.chunks,
        to_score=[chunk for chunk in planned.chunks if chunk.name not in aside],
        to_write=[chunk for chunk in planned.chunks if chunk.name not in done],
        files=planned.files,
    )


def _block_rows(inputs: Location) -> int:
    smiles = any(kind_of(file) in SMILES_SUFFIXES for file in files_of(inputs))
    return BLOCK_ROWS_SMILES if smiles else BLOCK_ROWS


def _counts(results: pl.LazyFrame, rejects: pl.LazyFrame, n_rows: int, out: Location) -> Counts:
    """Count what lies on the disk, and make sure that every row is there once."""
    n_results = results.select(pl.len()).collect().item()
    n_rejects = rejects.select(pl.len()).collect().item()
    n_ids = results.select(pl.col(c.REACTION_ID).n_unique()).collect().item()
    if n_results + n_rejects != n_rows or n_ids != n_results:
        raise RuntimeError(
            f"{n_rows} rows were read, but '{out}' holds {n_results} results ({n_ids} different "
            f"ids) and {n_rejects} rejects; do not use it"
        )
    return Counts(
        rows=n_rows,
        results=n_results,
        rejects=n_rejects,
        status=_tally(results, c.STATUS),
        error_code=_tally(results, c.ERROR_CODE),
        reject_code=_tally(rejects, c.CODE),
    )


def _tally(rows: pl.LazyFrame, column: str) -> dict[str, int]:
    found = rows.drop_nulls(column).group_by(column).len().sort(column).collect()
    return dict(found.iter_rows())
