"""Certain transition states can be checked without being replaced."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import HCN, at_once, reaction_row, reaction_table

from tscreen.actors.verification import VerificationStage
from tscreen.actors.workers.errors import XtbError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


def sampled(*structures: np.ndarray, status: str = "generated") -> pa.Table:
    """Hydrogen shifts with these transition states."""
    n = len(structures)
    table = reaction_table(*(reaction_row(f"r{i}") for i in range(n)))
    columns = {
        c.REJECT_CODE: pa.nulls(n, pa.string()),
        c.STATUS: pa.array([status] * n),
        c.TS_POSITIONS: positions_array(list(structures)),
        c.XTB_WALL_S: pa.array([1.0] * n),
    }
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def test_a_right_one_is_verified_and_kept_as_it_was():
    before = sampled(NEAR_TS)
    after = VerificationStage(run=at_once)(before)
    [row] = after.to_pylist()
    assert (row[c.VERIFIED], row[c.CONNECTS]) == (True, "reactant-product")
    assert (row[c.STATUS], row[c.XTB_ROUTE]) == ("generated", "candidate-1")
    assert row[c.N_IMAGINARY] == 1
    assert row[c.GIBBS_BARRIER] < row[c.ENTHALPY_BARRIER] + 1
    assert 30 < row[c.GIBBS_BARRIER] < 100
    assert row[c.XTB_WALL_S] > 1.0
    assert after[c.TS_POSITIONS] == before[c.TS_POSITIONS]


def test_a_wrong_one_is_told_and_kept_too():
    before = sampled(HCN)
    [row] = VerificationStage(run=at_once)(before).to_pylist()
    assert (row[c.STATUS], row[c.VERIFIED]) == ("generated", False)
    assert row[c.GIBBS_BARRIER] is None


def test_what_cannot_be_calculated_is_not_verified():
    def crash(*_):
        raise XtbError("xtb_crash", "SIGSEGV")

    [row] = VerificationStage(run=crash)(sampled(NEAR_TS)).to_pylist()
    assert (row[c.STATUS], row[c.VERIFIED]) == ("generated", False)


@pytest.mark.parametrize("status", ["xtb", "failed"])
def test_other_rows_are_none_of_its_business(status):
    before = sampled(NEAR_TS, status=status)
    after = VerificationStage(run=None)(before)
    assert after.select(before.column_names) == before
    assert after[c.VERIFIED].to_pylist() == [None]
