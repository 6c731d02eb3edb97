"""The stage that looks for the saddle points of uncertain reactions."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from actors.energies import SIDES, profile
from actors.isolation import Isolated, Runner
from actors.ladder import Found, climb
from actors.levels import DEFAULT_LEVEL, Backend, XtbError, chosen_backend, label
from actors.predicted import predicted
from actors.rows import Answer, good_rows, timed_answer, write_answers
from actors.saddle import Saddle
from actors.sides import relaxed_side_energy, sides_of
from actors.threads import hold_to_one_thread
from actors.xtb import Surface
from model.assessment import Barrier, assess
from model.energies import Energies
from model.loading import load_assessor
from schemas import columns as c
from schemas.reaction import Reaction, reactions_of
from schemas.status import Status

# A search ends by its processor time unless it hangs. On a busy machine it gets this much more wall
# time, and some for the start of its process.
WALL_SHARE = 4.0
START_S = 60.0

ANSWERS = (
    c.TS_POSITIONS,
    c.BARRIER,
    c.REVERSE_BARRIER,
    c.REACTION_ENERGY,
    c.ENERGY_LEVEL,
    *c.PREDICTED,
    c.VERIFIED,
    c.CONNECTS,
    c.XTB_ROUTE,
    c.XTB_STEPS,
    c.N_IMAGINARY,
    c.IMAGINARY_FREQUENCY,
    c.STATUS,
    c.ERROR_CODE,
    c.ERROR_MESSAGE,
    c.XTB_S,
)


class SearchStage:
    """Saddle searches for the rows with `needs_search`; the others pass through untouched.

    On success the row has status `xtb`, the saddle point that was verified to join reactant and
    product, its imaginary mode and energies with every geometry relaxed at the same level. On
    failure it has status `failed` and its error, and keeps its generated transition state and
    single-point energies.

    Args:
        level: Name of the level of theory.
        timeout_s: Seconds of processor time allowed for one reaction, all attempts and both sides
            together.
        max_candidates: Generated geometries to start from, best first.
        backend: Program to use, by default the preferred one of those installed.
        weights: Folder of weights, None for the shipped ones.
        temperature: Of the rate constants, in K.
        run: Runs the searches, by default in a process of their own.
    """

    def __init__(
        self,
        level: str = DEFAULT_LEVEL,
        timeout_s: float = 60.0,
        max_candidates: int = 3,
        backend: Backend | None = None,
        weights: Path | None = None,
        temperature: float = 298.15,
        run: Runner | None = None,
    ) -> None:
        hold_to_one_thread()
        self._assessor, self._card = load_assessor(weights)
        self._temperature = temperature
        self._run = run or Isolated(preload=("sella",))
        self._name = f"{label(level)}//{label(level)}"
        self._surface = Surface(level, chosen_backend(level, backend))
        self._timeout_s = timeout_s
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
        found, relaxed = self._run(
            WALL_SHARE * self._timeout_s + START_S,
            search,
            reaction,
            candidates,
            self._surface,
            self._timeout_s,
        )
        tried: Answer = {
            c.VERIFIED: found.joined,
            c.CONNECTS: found.connects,
            c.XTB_ROUTE: found.route,
            c.XTB_STEPS: found.saddle.steps,
            c.N_IMAGINARY: 1,
            c.IMAGINARY_FREQUENCY: found.saddle.frequency_cm1,
        }
        if not found.joined:
            return {**tried, **_elsewhere(found)}
        saddle = found.saddle
        return {
            **tried,
            **profile(_at_saddle(relaxed, saddle), 0, self._name),
            **predicted(self._barrier(reaction, saddle, sides), self._temperature),
            c.TS_POSITIONS: saddle.positions,
            c.STATUS: Status.XTB,
            c.ERROR_CODE: None,
            c.ERROR_MESSAGE: None,
        }

    def _barrier(
        self, reaction: Reaction, saddle: Saddle, sides: tuple[float | None, float | None]
    ) -> Barrier | None:
        """Predicted from the saddle point, against the sides as given: so the assessor learnt it.

        None where the sides as given have no energies.
        """
        reactant, product = sides
        if reactant is None or product is None:
            return None
        energies = _at_saddle((reactant, product), saddle)
        structures = saddle.positions[None].astype(np.float32)
        (found,) = assess(self._assessor, [reaction], [structures], [energies], "cpu")
        return found.barrier_of(0, reaction, self._card.levels)


def search(
    reaction: Reaction, candidates: Sequence[np.ndarray], surface: Surface, timeout_s: float
) -> tuple[Found, list[float]]:
    """A saddle point, and the energies in eV of both sides relaxed if it joins them.

    Raises:
        XtbError: as `ladder.climb`, or of a side's relaxation.
    """
    limited = surface._replace(deadline=time.process_time() + timeout_s)
    try:
        found = climb(reaction, candidates, surface, timeout_s)
        sides = sides_of(reaction) if found.joined else ()
        return found, [relaxed_side_energy(side, limited) for side in sides]
    except XtbError as error:
        if error.code != "xtb_timeout":
            raise
        message = f"the search took longer than the {timeout_s:g} s allowed"
        raise XtbError(error.code, message) from error


def _elsewhere(found: Found) -> Answer:
    return {
        c.STATUS: Status.FAILED,
        c.ERROR_CODE: "wrong_connectivity",
        c.ERROR_MESSAGE: (
            f"the saddle point found joins {found.connects}, not reactant and product; the "
            "generated transition state is kept"
        ),
    }


def _at_saddle(sides: Sequence[float], saddle: Saddle) -> Energies:
    """Energies of two sides and of a saddle point, where there are no forces."""
    forces = np.zeros((1, *saddle.positions.shape), dtype=np.float32)
    return Energies(sides[0], sides[1], np.array([saddle.energy]), forces)
