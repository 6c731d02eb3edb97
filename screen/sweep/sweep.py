"""One sweep: every combination of a template becomes a reaction with structures, or a reject."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.schemas.version import VERSION
from tscreen.screen.dataset.writing import as_parquet
from tscreen.screen.engine.pools import size_pools
from tscreen.screen.engine.progress import Show, followed
from tscreen.screen.engine.session import ray_session
from tscreen.screen.engine.stages import Make, Stage
from tscreen.screen.errors import UsageError, broken_off
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.lock import locked
from tscreen.screen.sweep.output import SweepOutput
from tscreen.screen.sweep.stages import Assembler, builder, validator
from tscreen.screen.sweep.template import Template, read_template

if TYPE_CHECKING:
    from tscreen.screen.runs.pipeline import Pools

CHUNK_ROWS = 4
"""Combinations of a chunk; each takes a core some seconds."""
RAY_LOG = "ray.log"
STAGES = ("assemble", "build", "validate", "write")

Report = dict[str, Any]
Chunks = dict[str, list[int]]
"""Numbers of combinations, by the name of the file that they are written to."""


def sweep(
    path: Path,
    out: LocationLike,
    seed: int,
    workers: int | None,
    address: str | None,
    show: Show,
    make_builder: Callable[[int], Stage] = builder,
) -> Report:
    """Build the reactions of a template, or go on where that was left.

    Args:
        path: of the template.
        out: Parquet file for the reactions.
        seed: decides the conformers.
        workers: the most processes, None for one for each core.
        address: of the Ray cluster to build on, None for this machine.
        show: how progress is shown.
        make_builder: makes the stage that builds structures; tests give another.

    Returns:
        What was done, with the counts of the output.

    Raises:
        UsageError: the template cannot be used, the output comes from something else, or there is
            no cluster at the address.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    start = time.perf_counter()
    template = read_template(path)
    output = SweepOutput(out)
    description = {"version": VERSION, "seed": str(seed), **template.contents}
    n_left = 0
    if not output.begin(description):
        with locked(output.parts):
            chunks, written = _chunks(template.n_combinations), output.written()
            left = {name: rows for name, rows in chunks.items() if name not in written}
            n_left = sum(map(len, left.values()))
            if left:
                build = partial(make_builder, seed)
                _build(template, left, output.parts, build, workers, address, show)
            output.finish(chunks, description)
    return {
        "version": VERSION,
        "template": template.name,
        "seed": seed,
        "reactions": str(output.reactions),
        "counts": _counts(output, template),
        "rows_done_before": template.n_combinations - n_left,
        "total_s": time.perf_counter() - start,
    }


def _chunks(n: int) -> Chunks:
    starts = range(0, n, CHUNK_ROWS)
    return {f"part-{i:08}.parquet": list(range(i, min(i + CHUNK_ROWS, n))) for i in starts}


def _build(
    template: Template,
    chunks: Chunks,
    parts: Location,
    build: Make,
    workers: int | None,
    address: str | None,
    show: Show,
) -> None:
    """Send chunks through the stages and write them."""
    n_rows = sum(map(len, chunks.values()))
    log = (parts.local or Path(tempfile.mkdtemp(prefix="tscreen-"))) / RAY_LOG
    try:
        with ray_session(address, log) as resources:
            sizes = size_pools(resources, None)
            sizes = replace(sizes, cores=min(workers or sizes.cores, sizes.cores))
            totals: dict[str, int | None] = dict.fromkeys(STAGES, n_rows)
            with followed(totals, show) as (counters, _):
                from tscreen.screen.runs.pipeline import Pools  # Ray takes seconds to import

                _send(template, chunks, parts, build, Pools(sizes, counters, len(chunks)))
    except UsageError:
        raise
    except Exception as error:
        raise broken_off("sweep", error, str(parts), log) from error


def _send(template: Template, chunks: Chunks, parts: Location, build: Make, pools: "Pools") -> None:
    """One block for each chunk, which stays whole until it is written."""
    from tscreen.screen.engine.blocks import stream_of
    from tscreen.screen.engine.worker import Part

    assemble = Part("assemble", partial(Assembler, template))
    construct = Part("build", build)
    check = Part("validate", validator)
    save = Part("write", lambda: partial(_write, parts=parts), rows=_count_written)
    blocks = (
        pa.table(
            {
                c.SOURCE_ROW: pa.array(rows, pa.int64()),
                c.SOURCE_CHUNK: [name] * len(rows),
                c.CHUNK_PLACE: pa.array(range(len(rows)), TYPES[c.CHUNK_PLACE]),
            }
        )
        for name, rows in chunks.items()
    )
    rows = pools.light(stream_of(blocks), assemble)
    rows = pools.builders(rows, construct, check)
    for _ in pools.light(rows, save).iter_internal_ref_bundles():
        pass


def _write(table: pa.Table, parts: Location) -> pa.Table:
    parts.put(table[c.SOURCE_CHUNK][0].as_py(), as_parquet(table))
    return pa.table({"rows": [table.num_rows]})


def _count_written(receipt: pa.Table) -> int:
    return receipt["rows"][0].as_py()


def _counts(output: SweepOutput, template: Template) -> dict[str, Any]:
    """What lies on the disk; every combination must be there once."""
    n_reactions, n_ids, codes = output.counts()
    n_rejects = sum(codes.values())
    if n_reactions + n_rejects != template.n_combinations or n_ids != n_reactions:
        raise RuntimeError(
            f"{template.n_combinations} combinations were to be built, but '{output.reactions}' "
            f"holds {n_reactions} ({n_ids} different ids) and '{output.rejects}' {n_rejects}; do "
            "not use them"
        )
    return {
        "combinations": template.n_combinations,
        "reactions": n_reactions,
        "rejects": n_rejects,
        "reject_code": codes,
    }
