"""Whole runs, started, extended and read from Python."""

from collections.abc import Sequence
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
from tscreen.screen.engine.settings import Retry, Settings
from tscreen.screen.errors import UsageError
from tscreen.screen.library.predicting import Screened

CHANGED = ("effort", "level", "search_timeout", "workers", "gpus_per_sampler", "address")
"""Settings that `refine` takes."""


def run(
    reactions: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    retry: str | None = None,
    progress: bool = True,
    **settings: Any,
) -> dict[str, Any]:
    """Screen a file or folder of reactions into a folder, or go on where a run was left.

    As `tscreen run`, with the same settings, defaults and results:

        tscreen.run("reactions.parquet", "out", refine="uncertain")
        tscreen.read("out").results.filter(pl.col("verified")).collect()

    A run that is finished is extended by the reactions that it does not know yet.

    Args:
        reactions: Parquet, CSV or XYZ file, a folder of them or a pattern; a path or a URI, or
            several.
        out: folder for the results, or of a run to go on with; a path or a URI.
        retry: search rows of a finished run again: `failed` or, of these, `timeout`; with another
            `search_timeout` if that is given.
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

    if retry is not None and retry not in tuple(Retry):
        raise UsageError(f"`retry` is {retry!r}; give {' or '.join(Retry)}")
    wanted = Settings(input=reactions, out=out, **settings)
    which = None if retry is None else Retry(retry)
    return run_screen(wanted, best_show(json=not progress), retry=which).as_json()


def refine(
    out: str | Path,
    condition: str | None = None,
    *,
    progress: bool = True,
    **settings: Any,
) -> dict[str, Any]:
    """Search saddle points of rows of a finished run, as `tscreen refine` does.

        tscreen.refine("out", "p_good < 0.8", effort="thorough")

    Rows that were searched as hard, at this level, are left as they are.

    Args:
        out: folder of the run; a path or a URI.
        condition: SQL condition on the columns of the results, None for all rows.
        progress: show it.
        settings: `effort`, `level`, `search_timeout`, `workers`, `gpus_per_sampler` and `address`
            that differ from those of the run.

    Returns:
        What is also written to `run.json`.

    Raises:
        UsageError: the folder holds no finished run, or the settings cannot be met.
        BrokenOffError: a worker failed for a reason that lies in no row; `refine` again goes on.
        TypeError: there is no such setting.
    """
    from tscreen.screen.runs.extending import refine_rows

    if unknown := settings.keys() - set(CHANGED):
        raise TypeError(f"refine takes {', '.join(CHANGED)}, not {', '.join(sorted(unknown))}")
    show = best_show(json=not progress)
    return refine_rows(out, show, condition=condition, **settings).as_json()


def read(out: str | Path) -> Screened[pl.LazyFrame]:
    """The tables of a run, lazily; also of one that goes on.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    reads = (read_results, read_rejects, read_candidates, read_paths, read_samples)
    return Screened(*(read_table(out) for read_table in reads))
