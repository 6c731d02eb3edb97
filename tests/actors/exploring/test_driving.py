"""Bonds that are driven to what they shall be lead over a saddle point."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import at_once, reaction_row, reaction_table

from tscreen.actors.exploring.driving import Driver, beside
from tscreen.actors.exploring.stage import DriveStage
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import reactions_of

STAGE = DriveStage("gfn2-xtb", 60.0)


@pytest.fixture
def table() -> pa.Table:
    return reaction_table(reaction_row("hcn")).append_column(c.SEED, pa.array([0]))


def test_hydrogen_is_driven_around_the_end_of_a_linear_molecule(table):
    (reaction,) = reactions_of(table)
    found = beside(reaction, DEFAULT_SURFACE, 60.0)
    assert found.connects == "reactant-product"
    assert 1000 < found.saddle.frequency_cm1 < 2000


def test_what_comes_of_a_row_fills_the_columns_that_the_stage_gives(table):
    told = Driver(STAGE, at_once)(table)
    (row,) = told.select(STAGE.gives).to_pylist()
    assert row[c.CONNECTS] == "reactant-product"
    assert row[c.ERROR_CODE] is None
    assert np.shape(row[c.TS_POSITIONS]) == np.shape(row[c.END_POSITIONS]) == (3, 3)


def test_a_row_that_fails_says_why(table):
    def refuse(*_):
        raise CalculationError("saddle_not_found", "no stationary point")

    (row,) = Driver(STAGE, refuse)(table).select(STAGE.gives).to_pylist()
    assert (row[c.TS_POSITIONS], row[c.ERROR_CODE]) == (None, "saddle_not_found")
