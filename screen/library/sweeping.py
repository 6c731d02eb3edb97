"""One reaction over substituents and catalysts, built and ranked from Python."""

from pathlib import Path
from typing import Any

import polars as pl

from tscreen.screen.analysis import ranking
from tscreen.screen.analysis.measures import TOP_K
from tscreen.screen.engine.progress import best_show
from tscreen.screen.sweep import sweep as sweeping


def sweep(
    template: str | Path,
    out: str | Path,
    *,
    smarts: str | None = None,
    seed: int = 0,
    workers: int | None = None,
    address: str | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Build every combination of a template, as `tscreen sweep` does, for `run` to screen.

    Args:
        template: YAML file, a reaction with slots; with `smarts` a file of molecules.
        out: Parquet file for the reactions.
        smarts: reaction SMARTS that is applied to every molecule.
        seed: decides the conformers.
        workers: the most processes, None for one for each core.
        address: of the Ray cluster to build on, None for this machine.
        progress: show it.

    Returns:
        What was done, with the counts of reactions and rejects.

    Raises:
        UsageError: the template cannot be used, the output comes from something else, or there is
            no cluster at the address.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    show = best_show(json=not progress)
    return sweeping.sweep(Path(template), out, seed, workers, address, show, smarts=smarts)


def rank(
    out: str | Path, *, by: str | None = None, against: str | None = None, top_k: int = TOP_K
) -> dict[str, pl.DataFrame]:
    """Rank the candidates of a run over a sweep, as `tscreen rank` does.

    Args:
        out: folder of the run.
        by: `barrier`, `gibbs` or `rate`; None for `gibbs` where most have it, else `barrier`.
        against: reference of the lowering: what stands in a slot, or SLOT=NAME.
        top_k: how many are the best, for the probability of being one of them.

    Returns:
        For each template its candidates, the best first; for the columns see `Ranking`.

    Raises:
        UsageError: the folder holds no results of a sweep, or no such reference.
    """
    return {one.template: one.table for one in ranking.rank(out, by, against, top_k)}
