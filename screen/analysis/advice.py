"""What to do next with a run of which many rows are most likely wrong."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.caution import LEAST_P_GOOD
from tscreen.schemas.status import Status
from tscreen.screen.storage.location import LocationLike

MANY = 0.2
"""Share of the results."""


def advice(results: pl.LazyFrame, out: LocationLike) -> str | None:
    """A sentence where many rows have a `p_good` under 0.2, else None.

    Args:
        results: of a run.
        out: its folder.
    """
    doubtful = pl.col(c.P_GOOD) < LEAST_P_GOOD
    counts = results.select(
        pl.len().alias("all"),
        doubtful.sum().alias("doubtful"),
        (doubtful & (pl.col(c.STATUS) == Status.GENERATED) & pl.col(c.VERIFIED).is_null())
        .sum()
        .alias("unsearched"),
    )
    n_all, n_doubtful, n_unsearched = counts.collect().row(0)
    if not n_doubtful or n_doubtful < MANY * n_all:
        return None
    search = (
        f"{n_unsearched} of them were not searched: run again with --refine all into another "
        "--out; what is left"
        if n_unsearched
        else "these"
    )
    return (
        f"{n_doubtful} of {n_all} reactions have a {c.P_GOOD} under {LEAST_P_GOOD} and are most "
        f"likely wrong; {search} can go to quantum chemistry: tscreen handoff '{out}' jobs "
        f'--filter "{c.P_GOOD} < {LEAST_P_GOOD}" --program orca --level METHOD/BASIS'
    )
