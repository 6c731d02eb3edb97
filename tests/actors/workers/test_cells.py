"""What goes wrong in one row stays in that row."""

import pyarrow as pa

from tscreen.actors.workers.cells import good_rows, timed_answer, write_answers
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c


def raising(error: Exception):
    def calculate():
        raise error

    return calculate


def test_a_known_failure_keeps_its_code_and_an_unknown_one_is_a_crash():
    known = timed_answer(raising(CalculationError("xtb_scf", "no convergence")))
    assert (known[c.STATUS], known[c.ERROR_CODE]) == ("failed", "xtb_scf")
    unknown = timed_answer(raising(ZeroDivisionError("oops")))
    assert unknown[c.ERROR_CODE] == "xtb_crash"
    assert "ZeroDivisionError: oops" in unknown[c.ERROR_MESSAGE]


def test_rejected_rows_and_rows_without_a_needed_value_are_not_good():
    table = pa.table(
        {c.REJECT_CODE: pa.array([None, "bad_smiles", None]), c.TS_POSITIONS: [[1], [1], None]}
    )
    assert good_rows(table) == [0, 2]
    assert good_rows(table, c.TS_POSITIONS) == [0]


def test_answers_reach_their_rows_seconds_add_up_and_other_cells_stay():
    table = pa.table({c.STATUS: ["generated", "generated"], c.XTB_WALL_S: [1.0, None]})
    answers = [{c.STATUS: "failed", c.XTB_WALL_S: 2.0}, {c.XTB_WALL_S: 3.0, c.BARRIER: 7.0}]
    written = write_answers(table, [0, 1], answers, [c.STATUS, c.XTB_WALL_S, c.BARRIER])
    assert written[c.STATUS].to_pylist() == ["failed", "generated"]
    assert written[c.XTB_WALL_S].to_pylist() == [3.0, 3.0]
    assert written[c.BARRIER].to_pylist() == [None, 7.0]


def test_without_answers_the_columns_exist_and_are_empty():
    table = pa.table({c.STATUS: pa.array(["generated"])})
    written = write_answers(table, [], [], [c.TS_POSITIONS, c.N_IMAGINARY])
    assert written[c.TS_POSITIONS].to_pylist() == written[c.N_IMAGINARY].to_pylist() == [None]
