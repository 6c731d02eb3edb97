"""One sweep: every combination of a template becomes a reaction with structures, or a reject."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from schemas import columns as c
from schemas.version import VERSION
from screen.crew import BUILDER_SHARE
from screen.errors import BrokenOffError, UsageError
from screen.meter import MeterHandle, Part, Worker
from screen.progress import Show, followed
from screen.session import ray_session
from screen.stages import Make
from screen.sweep_output import SweepOutput
from screen.sweep_stages import Assembler, builder, validator
from screen.sweep_template import Template, read_template

CHUNK_ROWS = 4
"""Combinations of a chunk; each takes a core some seconds."""
RAY_LOG = "ray.log"

Report = dict[str, Any]
BuilderOf = Callable[[int], Callable[[pa.Table], pa.Table]]


def sweep(
    path: Path,
    out: Path,
    seed: int,
    workers: int | None,
    show: Show,
    build: BuilderOf = builder,
) -> Report:
    """Build the reactions of a template, or go on where that was left.

    Args:
        path: of the template.
        out: Parquet file for the reactions.
        seed: decides the conformers.
        workers: number of processes, None for one for each core.
        show: how progress is shown.
        build: makes the stage that builds structures; tests give another.

    Returns:
        What was done, with the counts of the output.

    Raises:
        UsageError: the template cannot be used, or the output comes from something else.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    start = time.perf_counter()
    template = read_template(path)
    output = SweepOutput(out)
    description = {"version": VERSION, "seed": str(seed), **template.contents}
    n_left = 0
    if not output.begin(description):
        chunks = _chunks(template.n_combinations)
        left = {name: rows for name, rows in chunks.items() if not output.has(name)}
        n_left = sum(map(len, left.values()))
        if left:
            try:
                _build(template, left, output, partial(build, seed), workers, show)
            except UsageError:
                raise
            except Exception as error:
                raise _broken_off(error, output) from error
        output.finish(list(chunks), description)
    return {
        "version": VERSION,
        "template": template.name,
        "seed": seed,
        "reactions": str(output.reactions),
        "counts": _counts(output, template),
        "rows_done_before": template.n_combinations - n_left,
        "total_s": time.perf_counter() - start,
    }


def _chunks(n: int) -> dict[str, list[int]]:
    """Numbers of combinations by the name of their chunk; the names sort like the numbers."""
    digits = len(str(n))
    starts = range(0, n, CHUNK_ROWS)
    return {f"{i:0{digits}}": list(range(i, min(i + CHUNK_ROWS, n))) for i in starts}


def _build(
    template: Template,
    chunks: dict[str, list[int]],
    output: SweepOutput,
    build: Make,
    workers: int | None,
    show: Show,
) -> None:
    """Send chunks through the stages, one block each, and write them."""
    n_rows = sum(map(len, chunks.values()))
    parts = [
        Part("assemble", partial(Assembler, template)),
        Part("build", build),
        Part("validate", validator),
        Part("write", lambda: partial(_write, output=output), rows=_count_written),
    ]
    with ray_session(None, output.parts / RAY_LOG) as resources:
        cores = max(1, int(resources.get("CPU", 1)))
        size = min(workers or cores, len(chunks))
        with followed(dict.fromkeys([part.name for part in parts], n_rows), show) as (meter, _):
            _run_all(chunks, parts, meter, size, min(BUILDER_SHARE, cores / size))


def _run_all(
    chunks: dict[str, list[int]], parts: list[Part], meter: MeterHandle, size: int, share: float
) -> None:
    import ray.data
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    context.target_max_block_size = None
    context.execution_no_progress_timeout_s = -1  # a chunk of large molecules is no standstill
    blocks = [
        pa.table({c.SOURCE_ROW: pa.array(rows, pa.int64()), c.SOURCE_CHUNK: [name] * len(rows)})
        for name, rows in chunks.items()
    ]
    rows = ray.data.from_arrow(blocks).map_batches(
        Worker,
        fn_constructor_kwargs={"parts": parts, "meter": meter},
        compute=ActorPoolStrategy(size=size),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=share,
        runtime_env={"env_vars": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}},
    )
    for _ in rows.iter_internal_ref_bundles():
        pass


def _write(table: pa.Table, output: SweepOutput) -> pa.Table:
    output.put(table[c.SOURCE_CHUNK][0].as_py(), table)
    return pa.table({"rows": [table.num_rows]})


def _count_written(receipt: pa.Table) -> int:
    return receipt["rows"][0].as_py()


def _counts(output: SweepOutput, template: Template) -> dict[str, Any]:
    """What lies on the disk; every combination must be there once."""
    ids = pl.read_parquet(output.reactions, columns=[c.REACTION_ID], glob=False)
    codes: dict[str, int] = {}
    if output.rejects.exists():
        found = pl.read_parquet(output.rejects, columns=[c.CODE], glob=False)
        codes = dict(found.group_by(c.CODE).len().sort(c.CODE).iter_rows())
    n_rejects = sum(codes.values())
    if ids.height + n_rejects != template.n_combinations or ids.n_unique() != ids.height:
        raise RuntimeError(
            f"{template.n_combinations} combinations were to be built, but '{output.reactions}' "
            f"holds {ids.height} ({ids.n_unique()} different ids) and '{output.rejects}' "
            f"{n_rejects}; do not use them"
        )
    return {
        "combinations": template.n_combinations,
        "reactions": ids.height,
        "rejects": n_rejects,
        "reject_code": codes,
    }


def _broken_off(error: Exception, output: SweepOutput) -> BrokenOffError:
    # Ray keeps what a worker raised in its text alone, before the errors that it wraps around it.
    first = f"{type(error).__name__}: {error}".split("\n\nThe above exception")[0]
    reason = first.strip().splitlines()[-1]
    return BrokenOffError(
        f"the sweep broke off: {reason}. What is written in '{output.parts}' stays; remove the "
        f"cause and repeat the command to go on. More is in {output.parts / RAY_LOG}"
    )
