"""Results of a run as the evaluation wants them."""

import math

import polars as pl
import pytest

from tscreen.schemas import columns as c
from tscreen.screen.analysis.finished import finished_results

ROW = {
    c.REACTION_ID: "a",
    c.STATUS: "refined",
    c.TS_POSITIONS: [[0.0, 0.0, 0.0]],
    c.P_GOOD: 0.9,
    c.GENERATED_P_GOOD: 0.8,
    c.VERIFIED: True,
    c.BARRIER_ML: 20.0,
    c.BARRIER_ML_LOW: 18.0,
    c.BARRIER_ML_HIGH: 22.0,
    c.ENERGY_LEVEL: "GFN2-xTB+delta//GFN2-xTB+delta",
    c.BARRIER: 23.0,
    c.ENTHALPY_BARRIER: 20.5,
}


@pytest.mark.parametrize(
    ("level", "computed"),
    [("CCSD(T), with ZPE", 20.5), ("wB97X-D3, electronic", 23.0), (None, 23.0)],
)
def test_a_reference_with_zero_point_energy_is_compared_with_the_enthalpy(level, computed):
    frame = pl.LazyFrame([ROW | {c.BARRIER_ML_LEVEL: level}])
    assert finished_results(frame)["a"].computed == computed


def test_a_row_without_a_saddle_point_has_no_computed_barrier():
    cells = {c.BARRIER_ML_LEVEL: "with ZPE", c.ENTHALPY_BARRIER: None}
    frame = pl.LazyFrame([ROW | cells], schema_overrides={c.ENTHALPY_BARRIER: pl.Float64})
    assert math.isnan(finished_results(frame)["a"].computed)
