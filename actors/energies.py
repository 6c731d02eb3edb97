"""The stage that gives candidates energies, picks one by them and predicts its barrier."""

import time
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tscreen.actors import stages as declared
from tscreen.actors.defaults import DEFAULT_LEVEL
from tscreen.actors.quantum.levels import Backend, chosen_backend, label
from tscreen.actors.quantum.single_points import single_points
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.workers.cells import Answer, good_rows, known, timed_answer, write_answers
from tscreen.actors.workers.isolation import Isolated, Runner
from tscreen.actors.workers.rates import in_solution, predicted_cells
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.inference.generator import Candidates
from tscreen.model.inference.loading import load_assessor
from tscreen.model.inference.prediction import Prediction, predict
from tscreen.model.reactions.energies import Energies
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, positions_of, reactions_of
from tscreen.schemas.tables import with_column
from tscreen.schemas.units import ROOM_TEMPERATURE

ENERGIES, IN_SOLVENT = "energies", "in solvent"
WALL_S = 300.0
"""For all single points of a reaction; seconds are enough unless native code hangs."""


def profile(energies: Energies, structure: int, level: str) -> Answer:
    """The energy columns of a result, in kcal/mol, for one of the structures."""
    barrier = float(energies.barriers[structure])
    return {
        c.BARRIER: barrier,
        c.REVERSE_BARRIER: barrier - energies.reaction_energy,
        c.REACTION_ENERGY: energies.reaction_energy,
        c.ENERGY_LEVEL: level,
    }


class BarrierPredictor:
    """Single-point energies of both sides and of the candidates, and what follows from them.

    The assessor weighs the candidates by their energies and forces: the one that it and the
    recommender together trust most becomes the TS, with its `expected_rmsd`, `p_good`, barriers and
    predicted barrier. A row whose energies cannot be had gets status `failed` with its error, and
    keeps its generated transition state.

    Args:
        level: Name of the level of theory.
        backend: Program to use, by default the preferred one of those installed.
        weights: Folder of weights, None for the shipped ones.
        temperature: Of the rate constants, in K.
        solvent: Of the energies in the results; the assessor sees those of the gas phase, which it
            has learnt from.
        run: Runs the calculations, by default in a process of their own.
    """

    def __init__(
        self,
        level: str = DEFAULT_LEVEL,
        backend: Backend | None = None,
        weights: Path | None = None,
        temperature: float = ROOM_TEMPERATURE,
        solvent: str | None = None,
        run: Runner | None = None,
    ) -> None:
        hold_to_one_thread()
        self._name = f"{label(level, solvent)}//generated"
        self._solvent = solvent
        self._surface = Surface(level, chosen_backend(level, backend))
        solvating = chosen_backend(level, solvent=solvent)
        self._solvated = Surface(level, solvating, solvent=solvent)
        self._assessor, self._card = load_assessor(weights)
        self._temperature = temperature
        self._run = run or Isolated()

    def __call__(self, table: pa.Table) -> pa.Table:
        """Add the energies to the good rows of a table that has candidates."""
        # Columns of these names that came with the input are somebody else's energies.
        foreign = (*c.PROFILE, *c.SIDES, *c.PREDICTED)
        table = table.drop_columns([name for name in foreign if name in table.column_names])
        rows = good_rows(table, *declared.EnergyStage.needs)
        chosen = table.take(pa.array(rows, pa.int64()))
        reactions, candidates = reactions_of(chosen), candidates_of(chosen)
        answers = [
            timed_answer(partial(self._energies, reaction, found))
            for reaction, found in zip(reactions, candidates, strict=True)
        ]
        self._predict(reactions, candidates, answers)
        table = write_answers(table, rows, answers, declared.EnergyStage.gives)
        return with_column(table, c.SOLVENT, pa.array([self._solvent] * len(table), pa.string()))

    def _energies(self, reaction: Reaction, candidates: Candidates) -> Answer:
        run = partial(self._run, WALL_S, single_points, reaction, candidates.structures)
        found = run(self._surface)
        if self._solvent is None:
            return {ENERGIES: found, IN_SOLVENT: found}
        return {ENERGIES: found, IN_SOLVENT: run(self._solvated)}

    def _predict(
        self, reactions: list[Reaction], candidates: list[Candidates], answers: list[Answer]
    ) -> None:
        """Complete the answers that have energies; the batch shares its time."""
        start = time.perf_counter()
        computed = [row for row, answer in enumerate(answers) if ENERGIES in answer]
        energies = [answers[row].pop(ENERGIES) for row in computed]
        predictions = predict(
            self._assessor,
            self._card,
            [reactions[row] for row in computed],
            [candidates[row] for row in computed],
            energies,
        )
        for row, found, prediction in zip(computed, energies, predictions, strict=True):
            assert prediction is not None, "single_points gives at least one energy or fails"
            answers[row] |= self._answer(found, answers[row].pop(IN_SOLVENT), prediction)
        for row in computed:
            answers[row][c.XTB_WALL_S] += (time.perf_counter() - start) / len(computed)

    def _answer(self, energies: Energies, told: Energies, prediction: Prediction) -> Answer:
        """Of energies in the gas phase, and of those that are told, which may be in a solvent."""
        kept = prediction.kept
        solvation = float(told.barriers[kept] - energies.barriers[kept])
        barrier = in_solution(prediction.barrier, solvation, self._solvent)
        return {
            **profile(told, kept, self._name),
            **predicted_cells(barrier, self._temperature),
            c.REACTANT_ENERGY: energies.reactant,
            c.PRODUCT_ENERGY: energies.product,
            c.TS_POSITIONS: prediction.structures[0],
            c.CANDIDATES: prediction.structures.tolist(),
            c.EXPECTED_RMSD: known(prediction.expected_rmsd),
            c.P_GOOD: prediction.p_good,
            c.GENERATED_P_GOOD: prediction.p_good,
        }


def candidates_of(table: pa.Table) -> list[Candidates]:
    """The candidates of every row of a table that has them."""
    cells = zip(
        table[c.CANDIDATES].combine_chunks(),
        table[c.CANDIDATE_LOG_RMSD].to_pylist(),
        table[c.CANDIDATE_ODDS].to_pylist(),
        strict=True,
    )
    return [
        Candidates(
            np.stack(positions_of(structures.values)),
            np.array(log_rmsd, dtype=np.float32),
            np.array(odds, dtype=np.float32),
        )
        for structures, log_rmsd, odds in cells
    ]
