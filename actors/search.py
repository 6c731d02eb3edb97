"""The stage that looks for the saddle points of uncertain reactions."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tscreen.actors.defaults import DEFAULT_LEVEL, TIMEOUT_S
from tscreen.actors.energies import SIDES, profile
from tscreen.actors.quantum.levels import Backend, chosen_backend, label
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.verified import (
    FOLLOWED,
    Order,
    Profile,
    Searched,
    followed,
    search,
    thermo_columns,
)
from tscreen.actors.workers.isolation import Isolated, Runner
from tscreen.actors.workers.predicted import predicted
from tscreen.actors.workers.rows import Answer, failure, good_rows, timed_answer, write_answers
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.inference.assessment import Barrier, assess
from tscreen.model.inference.loading import load_assessor
from tscreen.model.reactions.energies import Energies
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.status import Status

ANSWERS = (
    c.TS_POSITIONS,
    c.BARRIER,
    c.REVERSE_BARRIER,
    c.REACTION_ENERGY,
    c.ENERGY_LEVEL,
    *c.PREDICTED,
    *FOLLOWED,
    c.IMAGINARY_MODE,
    *c.THERMO,
    c.STATUS,
    c.ERROR_CODE,
    c.ERROR_MESSAGE,
    c.XTB_WALL_S,
)


class SearchStage:
    """Saddle searches for the rows with `needs_search`; the others pass through untouched.

    On success the row has status `xtb`, the saddle point with its imaginary mode, and energies with
    every geometry relaxed at the same level. On failure it has status `failed` and its error, and
    keeps its generated transition state and single-point energies.

    Args:
        level: Name of the level of theory.
        verify: Whether a saddle point must join reactant and product to be taken.
        timeout_s: Seconds of processor time for one reaction, all attempts together; energies and
            thermochemistry of the saddle point found may take half as much again.
        max_candidates: Generated geometries to start from, best first.
        backend: Program to use, by default the preferred one of those installed.
        weights: Folder of weights, None for the shipped ones.
        temperature: Of the rate constants and the thermochemistry, in K.
        run: Runs the searches, by default in a process of their own.
    """

    def __init__(
        self,
        level: str = DEFAULT_LEVEL,
        verify: bool = True,
        timeout_s: float = TIMEOUT_S,
        max_candidates: int = 3,
        backend: Backend | None = None,
        weights: Path | None = None,
        temperature: float = 298.15,
        run: Runner | None = None,
    ) -> None:
        hold_to_one_thread()
        self._assessor, self._card = load_assessor(weights)
        self._run = run or Isolated(preload=("sella",))
        self._name = f"{label(level)}//{label(level)}"
        surface = Surface(level, chosen_backend(level, backend))
        self._order = Order(surface, timeout_s, temperature, verify)
        self._max_candidates = max_candidates

    def __call__(self, table: pa.Table) -> pa.Table:
        """Search for the rows of a table that need it."""
        rows = self._uncertain(table)
        chosen = table.take(pa.array(rows, pa.int64()))
        candidates = chosen[c.CANDIDATES].to_pylist()
        sides = zip(*(chosen[name].to_pylist() for name in SIDES), strict=True)
        answers = [
            timed_answer(partial(self._search, reaction, starts, energies))
            for reaction, starts, energies in zip(
                reactions_of(chosen), candidates, sides, strict=True
            )
        ]
        return write_answers(table, rows, answers, ANSWERS)

    def _uncertain(self, table: pa.Table) -> list[int]:
        wanted = table[c.NEEDS_SEARCH].to_pylist()
        return [row for row in good_rows(table, c.CANDIDATES) if wanted[row]]

    def _search(
        self,
        reaction: Reaction,
        starts: Sequence[Sequence[Sequence[float]]],
        sides: tuple[float | None, float | None],
    ) -> Answer:
        candidates = [np.array(start) for start in starts[: self._max_candidates]]
        searched: Searched = self._run(
            self._order.wall_s, search, reaction, candidates, self._order
        )
        told = followed(searched.climb)
        found, relaxed = searched.climb.found, searched.profile
        if found is None or relaxed is None:
            assert searched.failure is not None, "a search without a profile says why"
            return told | failure(searched.failure)
        positions = found.saddle.positions
        barrier = self._barrier(reaction, positions, relaxed.saddle_by_model_level, sides)
        return {
            **told,
            **profile(_relaxed(relaxed, positions), 0, self._name),
            **thermo_columns(relaxed),
            **predicted(barrier, self._order.temperature),
            c.TS_POSITIONS: positions,
            c.IMAGINARY_MODE: found.saddle.direction,
            c.STATUS: Status.XTB,
            c.ERROR_CODE: None,
            c.ERROR_MESSAGE: None,
        }

    def _barrier(
        self,
        reaction: Reaction,
        saddle: np.ndarray,
        energy: float,
        sides: tuple[float | None, float | None],
    ) -> Barrier | None:
        """Predicted from the saddle point, against the sides as given: so the assessor learnt it.

        None where the sides as given have no energies.
        """
        reactant, product = sides
        if reactant is None or product is None:
            return None
        energies = _energies(reactant, product, energy, saddle)
        structures = saddle[None].astype(np.float32)
        (found,) = assess(self._assessor, [reaction], [structures], [energies], "cpu")
        return found.barrier_of(0, reaction, self._card.levels)


def _relaxed(found: Profile, saddle: np.ndarray) -> Energies:
    return _energies(
        found.reactant.electronic, found.product.electronic, found.saddle.electronic, saddle
    )


def _energies(reactant: float, product: float, saddle: float, positions: np.ndarray) -> Energies:
    """Energies of two sides and of a saddle point, where there are no forces."""
    forces = np.zeros((1, *positions.shape), dtype=np.float32)
    return Energies(reactant, product, np.array([saddle]), forces)
