"""The barriers of a whole run in a few numbers."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.analysis.trust import SOUND
from tscreen.screen.dataset.run_report import Barriers


def barriers_of(results: pl.LazyFrame) -> Barriers:
    """Of the rows that neither failed nor have warnings."""
    barrier = pl.col(c.BARRIER).fill_nan(None)
    found = results.filter(SOUND).select(
        barrier.count().alias("count"),
        barrier.min().alias("min"),
        barrier.median().alias("median"),
        barrier.max().alias("max"),
    )
    return Barriers(**found.collect().row(0, named=True))
