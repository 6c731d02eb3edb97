"""Run a calculation on some rows of a table and write the answers into it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.status import Status
from tscreen.schemas.tables import POSITIONS, TYPES, with_column

Answer = dict[str, Any]


def good_rows(table: pa.Table, *needed: str) -> list[int]:
    """Numbers of the rows that were not rejected and have a value in every `needed` column."""
    good = [code is None for code in table[c.REJECT_CODE].to_pylist()]
    for name in needed:
        valid = table[name].is_valid().to_pylist()
        good = [a and b for a, b in zip(good, valid, strict=True)]
    return [row for row, is_good in enumerate(good) if is_good]


def known(number: float) -> float | None:
    """A number for a cell, None for the nan that stands where there is none."""
    return None if np.isnan(number) else number


def timed_answer(calculate: Callable[[], Answer]) -> Answer:
    """The answer of one row's calculation, or `status`, `error_code` and `error_message`.

    Nothing that goes wrong in one row may reach another, so every exception ends here. The
    seconds that it took are in `xtb_wall_s`.
    """
    start = time.perf_counter()
    try:
        answer = calculate()
    except CalculationError as error:
        answer = failure(error)
    except Exception as error:
        answer = failure(
            CalculationError("xtb_crash", f"unexpected {type(error).__name__}: {error}")
        )
    return {**answer, c.XTB_WALL_S: time.perf_counter() - start}


def failure(error: CalculationError) -> Answer:
    """The cells of a row whose calculation failed."""
    return {c.STATUS: Status.FAILED, c.ERROR_CODE: error.code, c.ERROR_MESSAGE: error.message}


def write_answers(
    table: pa.Table, rows: Sequence[int], answers: Sequence[Answer], names: Sequence[str]
) -> pa.Table:
    """The table with each row's answer in the columns `names` (added where they are missing).

    A cell that an answer does not mention keeps its value. Seconds add up.
    """
    by_row = dict(zip(rows, answers, strict=True))
    for name in names:
        table = _write_column(table, name, by_row)
    return table


def _write_column(table: pa.Table, name: str, by_row: Mapping[int, Answer]) -> pa.Table:
    cells = table[name].to_pylist() if name in table.column_names else [None] * len(table)
    for row, answer in by_row.items():
        if name == c.XTB_WALL_S:
            cells[row] = (cells[row] or 0.0) + answer[name]
        elif name in answer:
            cells[row] = answer[name]
    kind = TYPES[name]
    column = _structures(cells) if kind == POSITIONS else pa.array(cells, kind)
    return with_column(table, name, column)


def _structures(cells: Sequence[Any]) -> pa.Array:
    return positions_array([None if cell is None else np.asarray(cell) for cell in cells])
