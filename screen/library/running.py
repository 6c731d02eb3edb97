"""Whole runs, started and read from Python."""

from pathlib import Path
from typing import Any

import polars as pl

from tscreen.screen.dataset.output import (
    read_candidates,
    read_paths,
    read_rejects,
    read_results,
    read_samples,
)
from tscreen.screen.engine.progress import best_show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.library.predicting import Screened


def run(
    reactions: str | Path, out: str | Path, *, progress: bool = True, **settings: Any
) -> dict[str, Any]:
    """Screen a file or folder of reactions into a folder, or go on where a run was left.

    As `tscreen run`, with the same settings, defaults and results:

        tscreen.run("reactions.parquet", "out", refine="uncertain")
        tscreen.read("out").results.filter(pl.col("verified")).collect()

    Args:
        reactions: Parquet, CSV or XYZ file, or a folder of them; a path or a URI.
        out: folder for the results, or of a run to go on with; a path or a URI.
        progress: show it.
        settings: see `Settings`.

    Returns:
        What is also written to `run.json`.

    Raises:
        UsageError: the settings cannot be met, or the folder holds another run; nothing was
            written.
        BrokenOffError: a worker failed for a reason that lies in no row; `run` again goes on.
        TypeError: there is no such setting.
    """
    from tscreen.screen.runs.run import run as run_screen

    wanted = Settings(input=reactions, out=out, **settings)
    return run_screen(wanted, best_show(json=not progress)).as_json()


def read(out: str | Path) -> Screened[pl.LazyFrame]:
    """The tables of a run, lazily; also of one that goes on.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    reads = (read_results, read_rejects, read_candidates, read_paths, read_samples)
    return Screened(*(read_table(out) for read_table in reads))
