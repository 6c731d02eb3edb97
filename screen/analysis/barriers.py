"""The barriers of a whole run in a few numbers."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.analysis.estimates import HEADLINE
from tscreen.screen.analysis.trust import SOUND
from tscreen.screen.dataset.run_report import Barriers


def barriers_of(results: pl.LazyFrame) -> Barriers:
    """Of the rows that neither failed nor have warnings, at the level that most of them have."""
    barrier = pl.col(c.BARRIER_ML)
    half_width = (pl.col(c.BARRIER_ML_HIGH) - pl.col(c.BARRIER_ML_LOW)) / 2
    levels = (
        results.filter(SOUND)
        .with_columns(HEADLINE)
        .drop_nulls(c.BARRIER_ML)
        .group_by(pl.col(c.BARRIER_ML_LEVEL).alias("level"))
        .agg(
            barrier.len().alias("count"),
            barrier.min().alias("min"),
            barrier.median().alias("median"),
            barrier.max().alias("max"),
            half_width.median().alias("half_width"),
        )
        .sort("count", "level", descending=[True, False])
        .collect()
    )
    if levels.is_empty():
        return Barriers(0, None, None, None, None, None)
    return Barriers(**levels.row(0, named=True))
