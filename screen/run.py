"""One run: plan, screen, count, report."""

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from schemas import columns as c
from schemas.version import VERSION
from screen.crew import hire
from screen.errors import BrokenOffError, UsageError
from screen.output import REPORT, read_rejects, read_results
from screen.place import Place
from screen.progress import Show, followed
from screen.reading import Chunk, plan
from screen.resume import begin, describe
from screen.session import ray_session
from screen.settings import Settings
from screen.stages import Stages, shipped
from screen.work import Work
from screen.writing import STAGED, staged

BLOCK_ROWS = 32
"""Rows of a chunk: enough to fill a GPU with their samples, few enough to lose little."""
BLOCK_ROWS_SMILES = 4
"""The same where structures are built first, which takes a core seconds for each."""

RAY_LOG = "ray.log"

Report = dict[str, Any]


def run(settings: Settings, show: Show, stages: Stages | None = None) -> Report:
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
    start = time.perf_counter()
    started_at = datetime.now(UTC)
    stages = stages or shipped(settings)
    out, source = Place.at(settings.out), Place.at(settings.input)
    planned = plan(
        source,
        block_rows=_block_rows(source),
        filter=settings.filter,
        limit=settings.limit,
    )
    if not planned.n_rows:
        raise UsageError(f"no row of '{settings.input}' meets filter {settings.filter!r}")
    done = begin(out, describe(settings, stages.weights, planned))
    if (out / REPORT).exists():
        return json.loads((out / REPORT).read())
    work = _left(planned.chunks, done, out)
    log = (out.local or Path(tempfile.mkdtemp(prefix="tscreen-"))) / RAY_LOG
    with ray_session(settings.address, log) as resources:
        from screen.pipeline import screen, stage_totals  # Ray takes seconds to import

        ready = time.perf_counter()
        crew = hire(resources, settings.workers, settings.gpus_per_sampler)
        with followed(stage_totals(settings, work), show) as (meter, tallies):
            if work.to_write:
                try:
                    screen(work, settings, stages, crew, meter)
                except Exception as error:
                    raise _broken_off(error, out, log) from error
        finished = time.perf_counter()
    counts = _counts(out, planned.n_rows)
    n_left = sum(len(chunk.rows) for chunk in work.to_write)
    report = {
        "version": VERSION,
        "started_at": started_at.isoformat(timespec="seconds"),
        "seed": settings.seed,
        "settings": settings.as_json(),
        "weights": stages.weights,
        "workers": {"cores": crew.cores, "samplers": crew.samplers, "gpus": crew.sampler_gpus},
        "counts": counts,
        "rows_done_before": planned.n_rows - n_left,
        "barriers_kcal_mol": _barriers(out),
        "times_s": {
            "startup": ready - start,
            "screening": finished - ready,
            "total": time.perf_counter() - start,
        },
        "stages": {
            name: {"rows": tally.rows, "worker_s": tally.seconds} for name, tally in tallies.items()
        },
        "reactions_per_s": n_left / (finished - ready),
    }
    (out / STAGED).remove()
    out.put(REPORT, (json.dumps(report, indent=2) + "\n").encode())
    return report


def _broken_off(error: Exception, out: Place, log: Path) -> BrokenOffError:
    # Ray keeps what a worker raised in its text alone, before the errors that it wraps around it.
    first = f"{type(error).__name__}: {error}".split("\n\nThe above exception")[0]
    reason = first.strip().splitlines()[-1]
    return BrokenOffError(
        f"the run broke off: {reason}. What is written in '{out}' stays; remove the cause and "
        f"repeat the command to go on. More is in {log}"
    )


def _left(chunks: list[Chunk], done: set[str], out: Place) -> Work:
    aside = staged(out)
    return Work(
        chunks,
        to_judge=[chunk for chunk in chunks if chunk.name not in aside],
        to_write=[chunk for chunk in chunks if chunk.name not in done],
    )


def _block_rows(inputs: Place) -> int:
    files = [inputs] if inputs.is_file() else inputs.files()
    smiles = any(file.suffix == ".csv" for file in files)
    return BLOCK_ROWS_SMILES if smiles else BLOCK_ROWS


def _counts(out: Place, n_rows: int) -> dict[str, Any]:
    """Count what lies on the disk, and make sure that every row is there once."""
    results, rejects = read_results(out), read_rejects(out)
    n_results = results.select(pl.len()).collect().item()
    n_rejects = rejects.select(pl.len()).collect().item()
    n_ids = results.select(pl.col(c.REACTION_ID).n_unique()).collect().item()
    if n_results + n_rejects != n_rows or n_ids != n_results:
        raise RuntimeError(
            f"{n_rows} rows were read, but '{out}' holds {n_results} results ({n_ids} different "
            f"ids) and {n_rejects} rejects; do not use it"
        )
    return {
        "rows": n_rows,
        "results": n_results,
        "rejects": n_rejects,
        "status": _tally(results, c.STATUS),
        "error_code": _tally(results, c.ERROR_CODE),
        "reject_code": _tally(rejects, c.CODE),
    }


def _tally(rows: pl.LazyFrame, column: str) -> dict[str, int]:
    found = rows.drop_nulls(column).group_by(column).len().sort(column).collect()
    return dict(found.iter_rows())


def _barriers(out: Place) -> dict[str, float | int | None]:
    barrier = pl.col(c.BARRIER).fill_nan(None)
    found = read_results(out).select(
        barrier.count().alias("count"),
        barrier.min().alias("min"),
        barrier.median().alias("median"),
        barrier.max().alias("max"),
    )
    return found.collect().row(0, named=True)
