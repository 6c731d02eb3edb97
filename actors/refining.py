"""The stage that takes generated transition states to saddle points, and verifies these."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tscreen.actors.defaults import MODEL_LEVEL, OPTIMISER, Effort
from tscreen.actors.energies import profile
from tscreen.actors.quantum.cost import time_limit_s
from tscreen.actors.quantum.levels import Backend, chosen_backend
from tscreen.actors.quantum.solvents import plus_solvation
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.refined import (
    Generated,
    conformer_columns,
    saddle_points,
    trust_columns,
    view_of,
)
from tscreen.actors.stages import RefineStage
from tscreen.actors.verified import (
    Order,
    Profile,
    Searched,
    followed,
    search,
    thermo_columns,
)
from tscreen.actors.workers.cells import Answer, failure, good_rows, timed_answer, write_answers
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.isolation import Isolated, Runner
from tscreen.actors.workers.rates import in_solution, predicted_cells
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.correction.card import read_correction_card
from tscreen.model.correction.refined import estimate_refined
from tscreen.model.inference.assessment import Barrier, assess
from tscreen.model.inference.loading import load_assessor
from tscreen.model.reactions.energies import Energies
from tscreen.model.weights.kinds import change_of
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, positions_of, reactions_of
from tscreen.schemas.status import Status
from tscreen.schemas.units import ROOM_TEMPERATURE


class Subject(NamedTuple):
    """One row to refine.

    Attributes:
        reaction: The reaction.
        starts: Geometries (N, 3) in Å to start from: a given guess, then the best.
        generated: The TS that stands in the row.
        sides: Energies in eV of reactant and product as given, at the level of the assessor.
        width: In kcal/mol, of the interval of the barrier that stands in the row, infinite without
            one.
    """

    reaction: Reaction
    starts: Sequence[np.ndarray]
    generated: Generated
    sides: tuple[float | None, float | None]
    width: float


class Refiner:
    """Saddle searches for the rows with `needs_search`; the others pass through untouched.

    A saddle point that joins reactant and product takes the place of the generated TS, with its
    imaginary mode and with energies for which every geometry is relaxed at the same level: with
    status `refined` on a corrected surface, `xtb` on another. On a corrected surface it is rated
    anew, and where it is less likely good than the generated TS, this stays, and the row tells what
    was found, and its barrier where that is the surer one. On failure the row has status `failed`
    and its error, and keeps its generated TS and single-point energies.

    Args:
        level: Name of the level of theory.
        timeout_s: Seconds of processor time for one reaction, all attempts together, None for as
            many as its size wants; energies and thermochemistry of the saddle point found may take
            half as much again.
        max_candidates: Geometries to start from: the row's guess, if there is one, then generated
            ones, best first.
        backend: Program to use, by default the preferred one of those installed.
        weights: Folder of weights, None for the shipped ones.
        temperature: Of the rate constants and the thermochemistry, in K.
        effort: How much a search takes upon itself.
        solvent: Of all energies, None for the gas phase.
        run: Runs the searches, by default in a process of their own.
    """

    def __init__(
        self,
        level: str = MODEL_LEVEL,
        timeout_s: float | None = None,
        max_candidates: int = 3,
        backend: Backend | None = None,
        weights: Path | None = None,
        temperature: float = ROOM_TEMPERATURE,
        effort: Effort = Effort.NORMAL,
        solvent: str | None = None,
        run: Runner | None = None,
    ) -> None:
        hold_to_one_thread()
        self._assessor, self._card = load_assessor(weights)
        self._correction = read_correction_card(weights)
        self._run = run or Isolated(preload=(OPTIMISER,))
        program = chosen_backend(level, backend, solvent)
        surface = Surface(level, program, weights=weights, solvent=solvent)
        self._timeout_s = timeout_s
        self._order = partial(Order, surface, temperature=temperature, effort=effort)
        self._temperature, self._solvent = temperature, solvent
        self._asked: Answer = {c.SEARCH_EFFORT: effort, c.SEARCH_LEVEL: level}
        self._max_candidates = max_candidates

    def __call__(self, table: pa.Table) -> pa.Table:
        """Refine the rows of a table that need it."""
        wanted = table[c.NEEDS_SEARCH].to_pylist()
        rows = [row for row in good_rows(table, c.CANDIDATES) if wanted[row]]
        subjects = self._subjects(table.take(pa.array(rows, pa.int64())))
        answers = [
            timed_answer(partial(self._refine, subject)) | self._asked for subject in subjects
        ]
        return write_answers(table, rows, answers, RefineStage.gives)

    def _subjects(self, table: pa.Table) -> list[Subject]:
        starts = table[c.CANDIDATES].to_pylist()
        if c.TS_GUESS in table.column_names:
            guesses = ([guess] if guess else [] for guess in table[c.TS_GUESS].to_pylist())
            starts = [[*guess, *own] for guess, own in zip(guesses, starts, strict=True)]
        told = (table[name].to_pylist() for name in (c.P_GOOD, c.EXPECTED_RMSD))
        generated = map(Generated, positions_of(table[c.TS_POSITIONS]), *told)
        sides = zip(*(table[name].to_pylist() for name in c.SIDES), strict=True)
        tried = ([np.array(x) for x in own[: self._max_candidates]] for own in starts)
        parts = (reactions_of(table), tried, generated, sides, _widths(table))
        return [Subject(*row) for row in zip(*parts, strict=True)]

    def _refine(self, subject: Subject) -> Answer:
        limit = time_limit_s(len(subject.reaction.atomic_numbers), self._timeout_s)
        order = self._order(timeout_s=limit, p_good=subject.generated.p_good)
        searched = self._searched(subject, order)
        told = followed(searched) | trust_columns(searched, subject.generated)
        told |= conformer_columns(searched)
        told[c.SADDLE_POINTS] = saddle_points(subject.reaction, searched, self._temperature)
        if searched.profile is None:
            assert searched.failure is not None, "a search without a profile says why"
            return told | failure(searched.failure)
        if searched.head is None:
            return told | self._taken(subject, searched) | self._assessed(subject, searched)
        assert self._correction is not None, "the surface was corrected"
        level = self._correction.levels[searched.head].of(change_of(subject.reaction))
        estimate = estimate_refined(level, view_of(subject.reaction, searched, subject.generated))
        name = plus_solvation(level.name, self._solvent)
        barrier = Barrier(estimate.barrier, estimate.low, estimate.high, name)
        predicted = predicted_cells(barrier, self._temperature)
        if estimate.p_good < estimate.generated_p_good:
            surer = estimate.high - estimate.low < subject.width
            return told | {c.P_GOOD: estimate.generated_p_good} | (predicted if surer else {})
        return {
            **told,
            **self._taken(subject, searched),
            **predicted,
            c.EXPECTED_RMSD: estimate.expected_rmsd,
            c.P_GOOD: estimate.p_good,
            c.STATUS: Status.REFINED,
        }

    def _searched(self, subject: Subject, order: Order) -> Searched:
        """A search; where its process dies, again for no more than the first saddle point.

        Most starts of a search for lower ones are wilder than what has led to the first.
        """

        def run(order: Order) -> Searched:
            return self._run(order.wall_s, search, subject.reaction, subject.starts, order)

        try:
            return run(order)
        except CalculationError:
            return run(order._replace(rivals=False))

    def _taken(self, subject: Subject, searched: Searched) -> Answer:
        """The saddle point in place of the generated TS."""
        found, relaxed = searched.chosen, searched.profile
        assert found is not None
        assert relaxed is not None
        positions = found.saddle.positions
        return {
            **profile(_relaxed(relaxed, positions), 0, f"{searched.level}//{searched.level}"),
            **thermo_columns(relaxed),
            c.TS_POSITIONS: positions,
            c.IMAGINARY_MODE: found.saddle.direction,
            c.STATUS: Status.XTB,
            c.ERROR_CODE: None,
            c.ERROR_MESSAGE: None,
        }

    def _assessed(self, subject: Subject, searched: Searched) -> Answer:
        """The barrier that the assessor predicts, against the sides as given: so it learnt it.

        Null where the sides as given have no energies.
        """
        assert searched.chosen is not None
        assert searched.profile is not None
        saddle = searched.chosen.saddle.positions
        barrier = self._barrier(subject, saddle, searched.profile.saddle_by_model_level)
        barrier = in_solution(barrier, searched.profile.solvation, self._solvent)
        return predicted_cells(barrier, self._temperature)

    def _barrier(self, subject: Subject, saddle: np.ndarray, energy: float) -> Barrier | None:
        reactant, product = subject.sides
        if reactant is None or product is None:
            return None
        energies = _energies(reactant, product, energy, saddle)
        structures = saddle[None].astype(np.float32)
        (found,) = assess(self._assessor, [subject.reaction], [structures], [energies])
        return found.barrier_of(0, subject.reaction, self._card.levels)


def _widths(table: pa.Table) -> list[float]:
    low, high = (table[name].to_pylist() for name in (c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH))
    return [
        float("inf") if below is None else above - below
        for below, above in zip(low, high, strict=True)
    ]


def _relaxed(found: Profile, saddle: np.ndarray) -> Energies:
    return _energies(
        found.reactant.electronic, found.product.electronic, found.saddle.electronic, saddle
    )


def _energies(reactant: float, product: float, saddle: float, positions: np.ndarray) -> Energies:
    """Energies of two sides and of a saddle point, where there are no forces."""
    forces = np.zeros((1, *positions.shape), dtype=np.float32)
    return Energies(reactant, product, np.array([saddle]), forces)
