"""Rows go through the stages of a run, from a plan to the tables of a dataset."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.dataset.digests import intact
from tscreen.screen.dataset.output import Tables
from tscreen.screen.dataset.run_report import Counts, StageWork, Times, Workers
from tscreen.screen.dataset.writing import SCORED
from tscreen.screen.engine.counters import Counting, Tally
from tscreen.screen.engine.engine import ray_log
from tscreen.screen.engine.engine import started as started_engine
from tscreen.screen.engine.pools import PoolSizes, size_pools
from tscreen.screen.engine.progress import Show, followed
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import Stages
from tscreen.screen.errors import broken_off, interrupted
from tscreen.screen.inputs.packed import kind_of
from tscreen.screen.inputs.reading import Plan, files_of
from tscreen.screen.inputs.smiles_csv import SMILES_SUFFIXES
from tscreen.screen.inputs.stamps import refuse_changed
from tscreen.screen.runs.pipeline import COMPACT, screen, stage_totals
from tscreen.screen.runs.resume import finished_chunks
from tscreen.screen.runs.work import Work
from tscreen.screen.storage.location import Location

BLOCK_ROWS = 32
"""Rows of a chunk: enough to fill a GPU with their samples, few enough to lose little."""
BLOCK_ROWS_SMILES = 4
"""The same where structures are built first, which takes a core seconds for each."""

Follow = Callable[[int], None]
Compacted = Callable[[list[str], Follow], Tables]
"""Makes a dataset of the chunks of these names, and tells of how many rows have come."""


@dataclass(frozen=True)
class Made:
    """What came of the work; times are those of `time.monotonic`.

    Attributes:
        tables: files of the dataset.
        sizes: who did it.
        tallies: rows and time of each stage.
        rows: that were screened now.
        rows_before: that an interrupted call had screened.
        started: when all of it began.
        computing_at: when the first worker began.
        screened_at: when the last chunk was written.
        compacted_at: when the dataset was.
    """

    tables: Tables
    sizes: PoolSizes
    tallies: dict[str, Tally]
    rows: int
    rows_before: int
    started: float
    computing_at: float
    screened_at: float
    compacted_at: float

    @property
    def workers(self) -> Workers:
        """As a report tells them."""
        return Workers(self.sizes.cores, self.sizes.samplers, self.sizes.sampler_gpus)

    @property
    def times(self) -> Times:
        """As a report tells them, until now."""
        return Times(
            startup=self.computing_at - self.started,
            screening=self.screened_at - self.computing_at,
            compaction=self.compacted_at - self.screened_at,
            total=time.monotonic() - self.started,
        )

    @property
    def stages(self) -> dict[str, StageWork]:
        """As a report tells them."""
        return {name: StageWork(tally.rows, tally.seconds) for name, tally in self.tallies.items()}


def screened(
    settings: Settings,
    stages: Stages,
    planned: Plan,
    show: Show,
    compacted: Compacted,
    *,
    started: float,
    log: Location,
) -> Made:
    """Do what is left of a plan in the folder `settings.out`, and make a dataset of it.

    Args:
        settings: of the rows.
        stages: that compute.
        planned: the rows.
        show: how progress is shown.
        compacted: makes the dataset.
        started: when all of it began.
        log: folder for what Ray prints, where it is on this machine.

    Raises:
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    out = Location.at(settings.out)
    work = _left(planned, finished_chunks(out), out)
    own_log = ray_log(log)
    n_left = sum(len(chunk.rows) for chunk in work.to_write)
    with started_engine(settings.engine, settings.address, n_left, own_log, show.say) as engine:
        ready = time.monotonic()
        sizes = size_pools(
            engine.resources, engine.samplers or settings.workers, settings.gpus_per_sampler
        )
        totals = stage_totals(settings, work, stages)
        show.say("loading the model; the first rows come in a few seconds")
        with followed(engine, totals, show) as (counters, tallies):
            try:
                if work.to_write:
                    screen(work, settings, stages, engine, sizes, counters)
                refuse_changed(work.files, work.files)
                screened_at = time.monotonic()
                computing = counters.since() or ready
                names = [chunk.name for chunk in work.chunks]
                tables = compacted(names, _noted(counters, COMPACT))
            except KeyboardInterrupt as interrupt:
                raise interrupted("run", str(log)) from interrupt
            except Exception as error:
                raise broken_off("run", error, str(log), engine.log) from error
    return Made(
        tables,
        sizes,
        tallies,
        n_left,
        planned.n_rows - n_left,
        started,
        computing,
        screened_at,
        time.monotonic(),
    )


def _noted(counters: Counting, name: str) -> Follow:
    """Tells the counters of rows that this process has done, and of the time since it last did."""
    since = time.perf_counter()

    def note(rows: int) -> None:
        nonlocal since
        now = time.perf_counter()
        counters.note(name, rows, now - since)
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


def block_rows(inputs: Sequence[Location]) -> int:
    """The most rows that a chunk of these inputs may have."""
    smiles = any(kind_of(file) in SMILES_SUFFIXES for file in files_of(inputs))
    return BLOCK_ROWS_SMILES if smiles else BLOCK_ROWS


def counted(tables: Tables, n_rows: int, out: Location) -> Counts:
    """Count what lies on the disk, and make sure that every row is there once.

    Raises:
        RuntimeError: it is not.
    """
    results, rejects = tables.results.frame(), tables.rejects.frame()
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
