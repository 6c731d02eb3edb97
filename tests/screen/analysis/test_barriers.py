"""The barriers of a whole run in a few numbers."""

import polars as pl
from runs import result, results_table

from tscreen.screen.analysis.barriers import barriers_of

LEVEL = {"barrier_ml_level": "CCSD(T)"}


def test_failed_rows_and_values_that_cannot_be_are_not_counted():
    rows = [
        result("low", barrier_ml_kcal_mol=20.0, **LEVEL),
        result("high", barrier_ml_kcal_mol=40.0, warnings=[], **LEVEL),
        result("none", barrier_ml_kcal_mol=float("nan"), **LEVEL),
        result("impossible", barrier_ml_kcal_mol=-5.0, warnings=["negative_barrier"], **LEVEL),
        result("failed", barrier_ml_kcal_mol=1.0, status="failed", **LEVEL),
    ]
    found = barriers_of(pl.LazyFrame(results_table(*rows)))
    assert (found.count, found.min, found.median, found.max) == (2, 20.0, 30.0, 40.0)
    assert (found.level, found.half_width) == ("CCSD(T)", None)


def test_only_barriers_at_one_known_level_are_counted_with_their_intervals():
    interval = {"barrier_ml_low_kcal_mol": 18.0, "barrier_ml_high_kcal_mol": 24.0}
    rows = [
        *(result(name, barrier_ml_kcal_mol=20.0, **LEVEL, **interval) for name in "ab"),
        result("other", barrier_ml_kcal_mol=5.0, barrier_ml_level="B3LYP"),
        *(result(f"unknown{k}", barrier_ml_kcal_mol=5.0) for k in range(3)),
    ]
    found = barriers_of(pl.LazyFrame(results_table(*rows)))
    assert (found.count, found.level, found.min, found.half_width) == (2, "CCSD(T)", 20.0, 3.0)


def test_where_no_level_is_known_there_is_no_barrier():
    found = barriers_of(pl.LazyFrame(results_table(result("a", barrier_ml_kcal_mol=5.0))))
    assert (found.count, found.level, found.min) == (0, None, None)
