"""Reactions that come of substituents on a known transition state.

The core stays as it is while the substituents relax around it. So the guess of each transition
state is as good as the core. Both sides are grown in the same way onto the sides of the core, and
then relax as a whole.
"""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from ase.constraints import FixAtoms
from scipy.sparse.csgraph import connected_components

from tscreen.actors.growth.core import Core
from tscreen.actors.growth.embedding import Grown, grown
from tscreen.actors.preparing.sides import LoneTransitionState, SideGeometry, both_sides
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import Side, molecules
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, relax
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.stages import GrowStage
from tscreen.actors.workers.cells import good_rows, write_answers
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.validate import electron_fault

CONFORMERS = 4
"""Geometries of the substituents of which the lowest is taken."""
FMAX, MAX_STEPS = 0.05, 150


class Grower:
    """Stage that grows the substituents of each row onto the core.

    Args:
        core: the transition state.
        groups: SMILES by their names, for each slot.
        seed: decides the conformers.
    """

    def __init__(self, core: Core, groups: Mapping[str, Mapping[str, str]], seed: int) -> None:
        self._core, self._groups, self._seed = core, groups, seed

    def __call__(self, table: pa.Table) -> pa.Table:
        """The same rows with structures, and the guess of the transition state."""
        rows = good_rows(table)
        names = {slot: table[slot].to_pylist() for slot in self._groups}
        answers = []
        for row in rows:
            groups = {slot: self._groups[slot][names[slot][row]] for slot in names}
            answers.append(self._timed(table[c.REACTION_ID][row].as_py(), groups))
        return write_answers(table, rows, answers, GrowStage.gives)

    def _timed(self, reaction_id: str, groups: Mapping[str, str]) -> dict[str, Any]:
        start = time.perf_counter()
        try:
            cells = self._reaction(groups)
        except UnbuildableError as error:
            cells = _rejected(reaction_id, error.code, error.message)
        except CalculationError as error:
            cells = _rejected(reaction_id, RejectCode.STRUCTURE_FAILED, str(error))
        except Exception as error:  # whatever one molecule does to RDKit must not reach others
            message = f"unexpected {type(error).__name__} while growing: {error}"
            cells = _rejected(reaction_id, RejectCode.STRUCTURE_FAILED, message)
        return cells | {c.BUILD_S: time.perf_counter() - start}

    def _reaction(self, groups: Mapping[str, str]) -> dict[str, Any]:
        core = self._core
        bonds = bond_graph(core.numbers, core.positions)
        found = grown(core, core.positions, bonds, groups, self._seed)
        charge = core.charge + found.charge
        fault = electron_fault(found.numbers, charge, core.multiplicity)
        if fault is not None:
            raise UnbuildableError(*fault)
        reactant, product = (self._side(side, groups, charge) for side in self._sides)
        return {
            c.ATOMIC_NUMBERS: found.numbers,
            c.TS_GUESS: self._settled(found, charge),
            c.REACTANT_POSITIONS: reactant.positions,
            c.PRODUCT_POSITIONS: product.positions,
            c.REACTANT_FRAGMENTS: reactant.fragments,
            c.PRODUCT_FRAGMENTS: product.fragments,
            c.CHARGE: charge,
            c.MULTIPLICITY: core.multiplicity,
        }

    @cached_property
    def _sides(self) -> tuple[SideGeometry, SideGeometry]:
        """What the core by itself joins, from its saddle point on the surface that is used here."""
        core = self._core
        state = (core.charge, core.multiplicity)
        whole = np.zeros(len(core.numbers), np.uint8)
        # Between equal sides any saddle point will do, and the nearest one is found.
        here = Reaction("core", core.numbers, core.positions, core.positions, whole, whole, *state)
        saddle = locate(here, core.positions)
        return both_sides(LoneTransitionState("core", core.numbers, saddle.positions, *state))

    def _side(self, side: SideGeometry, groups: Mapping[str, str], charge: int) -> SideGeometry:
        core = self._core
        bonds = bond_graph(core.numbers, side.positions)
        bonds &= np.equal.outer(side.fragments, side.fragments)
        found = grown(core, side.positions, bonds, groups, self._seed)
        fragments = _fragments(found.bonds)
        positions = self._settled(found, charge)
        whole = Side(found.numbers, positions, fragments, charge, core.multiplicity)
        for name, one in zip(np.unique(fragments), molecules(whole), strict=True):
            if len(one.numbers) > 1:
                positions[fragments == name] = relax(*one)[0]
        kept = bond_graph(found.numbers, positions) & np.equal.outer(fragments, fragments)
        if not np.array_equal(kept, found.bonds):
            raise UnbuildableError(
                RejectCode.STRUCTURE_FAILED,
                "a side makes or breaks bonds when it relaxes; choose other substituents",
            )
        return SideGeometry(positions, fragments)

    def _settled(self, found: Grown, charge: int) -> np.ndarray:
        """The lowest of some geometries (N, 3), in which all but the core has relaxed."""
        n_core = len(self._core.kept)
        lowest, best = np.inf, found.starts[0]
        failure = None
        for start in found.starts[:CONFORMERS]:
            atoms = DEFAULT_SURFACE.atoms(found.numbers, start, charge, self._core.multiplicity)
            atoms.set_constraint(FixAtoms(range(n_core)))
            try:
                minimise(atoms, FMAX, MAX_STEPS)
                energy = atoms.get_potential_energy()
            except CalculationError as error:
                failure = error
                continue
            if energy < lowest:
                lowest, best = energy, atoms.get_positions()
        if failure is not None and not np.isfinite(lowest):
            raise failure
        return best


def _fragments(bonds: np.ndarray) -> np.ndarray:
    return connected_components(bonds, directed=False)[1].astype(np.uint8)


def _rejected(reaction_id: str, code: RejectCode, message: str) -> dict[str, Any]:
    return {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: f"reaction '{reaction_id}': {message}"}
