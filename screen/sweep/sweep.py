"""One sweep: every combination of a template becomes a reaction with structures, or a reject."""

import time
from pathlib import Path
from typing import Any

from tscreen.actors.workers.stage import Stage
from tscreen.schemas.version import VERSION
from tscreen.screen.engine.building import Building
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName
from tscreen.screen.runs.light import Validate
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.lock import locked
from tscreen.screen.sweep.output import SweepOutput
from tscreen.screen.sweep.reading import read_recipe
from tscreen.screen.sweep.recipe import MAX_ATOMS, Recipe
from tscreen.screen.sweep.stages import (
    Assemble,
    WriteReactions,
    tables_of,
)

CHUNK_ROWS = 4
"""Combinations of a chunk; each takes a core some seconds."""

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
    build: Stage | None = None,
    smarts: str | None = None,
) -> Report:
    """Build the reactions of a template, or go on where that was left.

    Args:
        path: of the template; with a SMARTS, of the molecules that it is applied to.
        out: Parquet file for the reactions.
        seed: decides the conformers.
        workers: the most processes, None for one for each core.
        address: of the Ray cluster to build on, None for this machine.
        show: how progress is shown.
        build: builds structures; tests give another than the usual one.
        smarts: reaction SMARTS, in place of a template.

    Returns:
        What was done, with the counts of the output.

    Raises:
        UsageError: the template cannot be used, the output comes from something else, or there is
            no cluster at the address.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    start = time.perf_counter()
    recipe = read_recipe(path, smarts)
    output = SweepOutput(out)
    description = {"version": VERSION, "seed": str(seed), **recipe.contents}
    n_left = 0
    if not output.begin(description):
        with locked(output.parts):
            chunks, written = _chunks(recipe.n_combinations), output.written()
            left = {name: rows for name, rows in chunks.items() if name not in written}
            n_left = sum(map(len, left.values()))
            if left:
                stages = [
                    Assemble(recipe),
                    build or recipe.builder(seed),
                    Validate(MAX_ATOMS),
                    WriteReactions(output.parts),
                ]
                flow = Flow(stages, tables_of(left), n_left)
                _built(flow, output.parts, workers, address, show)
            output.finish(chunks, recipe.n_combinations, description)
    return {
        "version": VERSION,
        "template": recipe.name,
        "seed": seed,
        "reactions": str(output.reactions),
        "counts": _counts(output, recipe),
        "rows_done_before": recipe.n_combinations - n_left,
        "total_s": time.perf_counter() - start,
    }


def _chunks(n: int) -> Chunks:
    starts = range(0, n, CHUNK_ROWS)
    return {f"part-{i:08}.parquet": list(range(i, min(i + CHUNK_ROWS, n))) for i in starts}


def _built(
    flow: Flow, parts: Location, workers: int | None, address: str | None, show: Show
) -> None:
    """Build and write the reactions of some chunks."""
    totals: dict[str, int | None] = dict.fromkeys(stage.name for stage in flow.stages)
    totals[flow.stages[0].name] = flow.n_rows  # how many isomers follow is not known
    building = Building("sweep", parts, EngineName.AUTO, address, workers)
    building.carry_out(flow, totals, show)


def _counts(output: SweepOutput, recipe: Recipe) -> dict[str, Any]:
    """What lies on the disk; every reaction must be there once."""
    n_reactions, n_ids, codes = output.counts()
    if n_ids != n_reactions:
        raise RuntimeError(
            f"'{output.reactions}' holds {n_reactions} reactions of {n_ids} different ids; do not "
            "use it"
        )
    return {
        "combinations": recipe.n_combinations,
        "reactions": n_reactions,
        "rejects": sum(codes.values()),
        "reject_code": codes,
    }
