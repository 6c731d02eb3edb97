"""The barriers of a whole run in a few numbers."""

import polars as pl
from runs import result, results_table

from tscreen.screen.analysis.barriers import barriers_of


def test_failed_rows_and_values_that_cannot_be_are_not_counted():
    rows = [
        result("low", barrier_kcal_mol=20.0),
        result("high", barrier_kcal_mol=40.0, warnings=[]),
        result("none", barrier_kcal_mol=float("nan")),
        result("impossible", barrier_kcal_mol=-5.0, warnings=["negative_barrier"]),
        result("failed", barrier_kcal_mol=1.0, status="failed"),
    ]
    found = barriers_of(pl.LazyFrame(results_table(*rows)))
    assert (found.count, found.min, found.median, found.max) == (2, 20.0, 30.0, 40.0)
