"""The results of a run as the model's evaluation wants them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tscreen.schemas import columns as c

if TYPE_CHECKING:
    from tscreen.model.evaluation.finished import Result

NEEDED = (
    c.REACTION_ID,
    c.STATUS,
    c.TS_POSITIONS,
    c.P_GOOD,
    c.GENERATED_P_GOOD,
    c.VERIFIED,
    c.BARRIER_ML,
    c.BARRIER_ML_LOW,
    c.BARRIER_ML_HIGH,
    c.BARRIER_ML_LEVEL,
    c.ENERGY_LEVEL,
    c.BARRIER,
    c.ENTHALPY_BARRIER,
)


def finished_results(results: pl.LazyFrame) -> dict[str, "Result"]:
    """Every result of a run that has a transition state, by `reaction_id`."""
    from tscreen.model.evaluation.finished import Result

    frame = results.select(NEEDED).collect()
    return {
        row[c.REACTION_ID]: Result(
            row[c.STATUS],
            np.array(row[c.TS_POSITIONS]),
            _number(row[c.P_GOOD]),
            _number(row[c.GENERATED_P_GOOD]),
            bool(row[c.VERIFIED]),
            _number(row[c.BARRIER_ML]),
            _number(row[c.BARRIER_ML_LOW]),
            _number(row[c.BARRIER_ML_HIGH]),
            row[c.BARRIER_ML_LEVEL],
            row[c.ENERGY_LEVEL],
            _number(row[_computed(row[c.BARRIER_ML_LEVEL])]),
        )
        for row in frame.iter_rows(named=True)
        if row[c.TS_POSITIONS] is not None
    }


def _computed(level: str | None) -> str:
    """The column that compares with a reference at a level."""
    return c.ENTHALPY_BARRIER if level and level.endswith(c.WITH_ZERO_POINT) else c.BARRIER


def _number(cell: Any) -> float:
    return math.nan if cell is None else float(cell)
