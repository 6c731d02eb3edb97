"""Saddle points beside a possible step: its bonds are driven to what they shall be, with GFN2-xTB.

Whatever saddle point lies near the highest place of that way is taken, wherever it leads: many
elementary steps are found that were not thought of.
"""

import time
from functools import partial

import pyarrow as pa

from tscreen.actors.between.driven import driven
from tscreen.actors.exploring.stage import DriveStage
from tscreen.actors.quantum.cost import time_limit_s
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.ladder import Found, found_from
from tscreen.actors.verified import Order
from tscreen.actors.workers.cells import Answer, timed_answer, write_answers
from tscreen.actors.workers.isolation import Runner
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of


def beside(reaction: Reaction, surface: Surface, timeout_s: float, seed: int = 0) -> Found:
    """The saddle point near the highest place of the way that a reactant is driven along.

    Args:
        reaction: from whose reactant, towards whose product.
        surface: level and program.
        timeout_s: seconds of processor time.
        seed: decides how the reactant is shaken first.

    Raises:
        CalculationError: as `found_from`.
    """
    surface = surface_of(reaction, surface)._replace(deadline=time.process_time() + timeout_s)
    return found_from(reaction, driven(reaction, surface, seed=seed), surface, "driven")


class Driver:
    """Fills in the saddle points beside the reactions of a table, or why there are none."""

    def __init__(self, stage: DriveStage, run: Runner) -> None:
        surface = Surface(stage.level, weights=stage.weights, solvent=stage.solvent)
        self._timeout_s = stage.timeout_s
        self._order = partial(Order, surface, temperature=0.0)
        self._run = run

    def __call__(self, table: pa.Table) -> pa.Table:
        """The same rows with the columns that the stage gives."""
        seeds = table[c.SEED].to_pylist()
        rows = zip(reactions_of(table), seeds, strict=True)
        answers = [timed_answer(partial(self._cells, *row)) for row in rows]
        return write_answers(table, range(len(table)), answers, DriveStage.gives)

    def _cells(self, reaction: Reaction, seed: int) -> Answer:
        limit = time_limit_s(len(reaction.atomic_numbers), self._timeout_s)
        order = self._order(timeout_s=limit)
        found = self._run(order.wall_s, beside, reaction, order.surface, order.timeout_s, seed)
        return {
            c.TS_POSITIONS: found.saddle.positions.tolist(),
            c.CANDIDATE_ENERGY: found.saddle.energy,
            c.CONNECTS: found.connects,
            c.END_POSITIONS: found.ends.one.tolist(),
            c.OTHER_END_POSITIONS: found.ends.other.tolist(),
        }
