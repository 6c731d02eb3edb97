"""The stage that checks generated transition states which nobody doubts."""

from functools import partial

import numpy as np
import pyarrow as pa

from tscreen.actors.defaults import DEFAULT_LEVEL, TIMEOUT_S
from tscreen.actors.quantum.levels import Backend, chosen_backend
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.verified import (
    FOLLOWED,
    Order,
    Searched,
    followed,
    search,
    thermo_columns,
)
from tscreen.actors.workers.errors import XtbError
from tscreen.actors.workers.isolation import Isolated, Runner
from tscreen.actors.workers.rows import Answer, good_rows, timed_answer, write_answers
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, positions_of, reactions_of
from tscreen.schemas.status import Status

ANSWERS = (*FOLLOWED, *c.THERMO, c.XTB_WALL_S)


def generated(table: pa.Table) -> list[int]:
    """Numbers of the rows that hold a transition state from the model."""
    status = table[c.STATUS].to_pylist()
    return [row for row in good_rows(table, c.TS_POSITIONS) if status[row] == Status.GENERATED]


class VerificationStage:
    """Says of every generated transition state whether it leads to the saddle point it should be.

    A saddle search starts from it and is followed both ways; `verified` is true where the saddle
    point joins reactant and product, false otherwise. The row keeps its status, its generated
    transition state and its energies: what the check found stands in the columns of the saddle
    point and of the thermochemistry.

    Args:
        level: Name of the level of theory.
        timeout_s: Seconds of processor time allowed for one reaction.
        backend: Program to use, by default the preferred one of those installed.
        temperature: Of the thermochemistry, in K.
        run: Runs the searches, by default in a process of their own.
    """

    def __init__(
        self,
        level: str = DEFAULT_LEVEL,
        timeout_s: float = TIMEOUT_S,
        backend: Backend | None = None,
        temperature: float = 298.15,
        run: Runner | None = None,
    ) -> None:
        hold_to_one_thread()
        self._run = run or Isolated(preload=("sella",))
        surface = Surface(level, chosen_backend(level, backend))
        self._order = Order(surface, timeout_s, temperature, paths=False)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Check the generated rows of a table."""
        rows = generated(table)
        chosen = table.take(pa.array(rows, pa.int64()))
        answers = [
            timed_answer(partial(self._check, reaction, structure))
            for reaction, structure in zip(
                reactions_of(chosen), positions_of(chosen[c.TS_POSITIONS]), strict=True
            )
        ]
        return write_answers(table, rows, answers, ANSWERS)

    def _check(self, reaction: Reaction, structure: np.ndarray) -> Answer:
        try:
            searched: Searched = self._run(
                self._order.wall_s, search, reaction, [structure], self._order
            )
        except XtbError:  # a crash or a hang
            return {c.VERIFIED: False}
        told = followed(searched.climb)
        thermo = thermo_columns(searched.profile) if searched.profile else {}
        return told | thermo | {c.VERIFIED: bool(told[c.VERIFIED])}
