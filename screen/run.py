"""One run: plan, screen, count, report."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from schemas import columns as c
from schemas.version import VERSION
from screen.crew import hire
from screen.errors import UsageError
from screen.output import REPORT, read_rejects, read_results
from screen.progress import Show, followed
from screen.reading import plan
from screen.session import ray_session
from screen.settings import Settings
from screen.stages import Stages, shipped
from screen.writing import REJECTS, RESULTS

BLOCK_ROWS = 32
"""Rows of a chunk: enough to fill a GPU with their samples, few enough to lose little."""
BLOCK_ROWS_SMILES = 4
"""The same where structures are built first, which takes a core seconds for each."""

RAY_LOG = "ray.log"

Report = dict[str, Any]


def run(settings: Settings, show: Show, stages: Stages | None = None) -> Report:
    """Screen all reactions of `settings.input` into `settings.out`.

    Args:
        settings: what is wanted.
        show: how progress is shown.
        stages: other stages than the shipped ones, for tests.

    Returns:
        What is also written to `run.json`.

    Raises:
        UsageError: the settings cannot be met; nothing was written.
    """
    start = time.perf_counter()
    started_at = datetime.now(UTC)
    refuse_used(settings.out)
    stages = stages or shipped(settings)
    planned = plan(
        settings.input,
        block_rows=_block_rows(settings.input),
        filter=settings.filter,
        limit=settings.limit,
    )
    if not planned.n_rows:
        raise UsageError(f"no row of '{settings.input}' meets filter {settings.filter!r}")
    for folder in (RESULTS, REJECTS):
        (settings.out / folder).mkdir(parents=True, exist_ok=True)
    with ray_session(settings.address, settings.out / RAY_LOG) as resources:
        from screen.pipeline import screen, stage_totals  # Ray takes seconds to import

        ready = time.perf_counter()
        crew = hire(resources, settings.workers)
        with followed(stage_totals(settings, planned.chunks), show) as (meter, tallies):
            screen(planned.chunks, settings, stages, crew, meter)
        done = time.perf_counter()
    counts = _counts(settings.out, planned.n_rows)
    report = {
        "version": VERSION,
        "started_at": started_at.isoformat(timespec="seconds"),
        "seed": settings.seed,
        "settings": settings.as_json(),
        "weights": stages.weights,
        "workers": {"cores": crew.cores, "samplers": crew.samplers, "gpus": crew.sampler_gpus},
        "counts": counts,
        "barriers_kcal_mol": _barriers(settings.out),
        "times_s": {
            "startup": ready - start,
            "screening": done - ready,
            "total": time.perf_counter() - start,
        },
        "stages": {
            name: {"rows": tally.rows, "worker_s": tally.seconds} for name, tally in tallies.items()
        },
        "reactions_per_s": counts["results"] / (done - ready),
    }
    (settings.out / REPORT).write_text(json.dumps(report, indent=2) + "\n")
    return report


def refuse_used(out: Path) -> None:
    """Keep the results of two runs apart.

    Raises:
        UsageError: the folder already holds results.
    """
    used = [out / REPORT, *out.glob(f"{RESULTS}/*"), *out.glob(f"{REJECTS}/*")]
    if out.is_file() or any(path.exists() for path in used):
        raise UsageError(f"'{out}' already holds a run; give another --out or remove it first")


def _block_rows(inputs: Path) -> int:
    smiles = inputs.suffix.lower() == ".csv" or any(inputs.glob("*.csv"))
    return BLOCK_ROWS_SMILES if smiles else BLOCK_ROWS


def _counts(out: Path, n_rows: int) -> dict[str, Any]:
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


def _barriers(out: Path) -> dict[str, float | int | None]:
    barrier = pl.col(c.BARRIER).fill_nan(None)
    found = read_results(out).select(
        barrier.count().alias("count"),
        barrier.min().alias("min"),
        barrier.median().alias("median"),
        barrier.max().alias("max"),
    )
    return found.collect().row(0, named=True)
