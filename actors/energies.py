"""The stage that gives every generated transition state its barrier."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from ase import units

from actors.levels import DEFAULT_LEVEL, Backend, label
from actors.rows import Answer, good_rows, timed_answer, write_answers
from actors.sides import side_energy, sides_of
from actors.threads import hold_to_one_thread
from actors.xtb import Surface, energy
from schemas import columns as c
from schemas.reaction import Reaction, positions_of, reactions_of

KCAL_MOL = units.kcal / units.mol
"""One kcal/mol in eV."""

ANSWERS = (c.BARRIER, c.REVERSE_BARRIER, c.REACTION_ENERGY, c.ENERGY_LEVEL)


class Profile(NamedTuple):
    """Energies of reactant side, transition state and product side, eV."""

    reactant: float
    ts: float
    product: float

    def answer(self, level: str) -> Answer:
        """The energy columns of a result, in kcal/mol."""
        return {
            c.BARRIER: (self.ts - self.reactant) / KCAL_MOL,
            c.REVERSE_BARRIER: (self.ts - self.product) / KCAL_MOL,
            c.REACTION_ENERGY: (self.product - self.reactant) / KCAL_MOL,
            c.ENERGY_LEVEL: level,
        }


class EnergyStage:
    """Single-point energies of both sides and of the generated transition state.

    Fills the barriers, the reaction energy and `energy_level`. A row whose energies cannot be had
    gets status `failed` with its error, and keeps its generated transition state.

    Args:
        level: Name of the level of theory.
        backend: Program to use, by default the preferred one of those installed.
    """

    def __init__(self, level: str = DEFAULT_LEVEL, backend: Backend | None = None) -> None:
        hold_to_one_thread()
        self._name = f"{label(level)}//generated"
        self._surface = Surface(level, backend)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Add the energies to the good rows of a table that has transition states."""
        # Columns of these names that came with the input are somebody else's energies.
        table = table.drop_columns([name for name in ANSWERS if name in table.column_names])
        rows = good_rows(table, c.TS_POSITIONS)
        chosen = table.take(pa.array(rows, pa.int64()))
        answers = [
            timed_answer(partial(self._energies, reaction, ts))
            for reaction, ts in zip(
                reactions_of(chosen), positions_of(chosen[c.TS_POSITIONS]), strict=True
            )
        ]
        names = (*ANSWERS, c.STATUS, c.ERROR_CODE, c.ERROR_MESSAGE, c.XTB_S)
        return write_answers(table, rows, answers, names)

    def _energies(self, reaction: Reaction, ts: np.ndarray) -> Answer:
        reactant, product = sides_of(reaction)
        profile = Profile(
            side_energy(reactant, self._surface),
            energy(
                reaction.atomic_numbers,
                ts,
                reaction.charge,
                reaction.multiplicity,
                surface=self._surface,
            ),
            side_energy(product, self._surface),
        )
        return profile.answer(self._name)
