"""Saddle points beside a possible step: its bonds are driven to what they shall be, with GFN2-xTB.

Springs pull the atoms that form a bond together and those that break one apart, stage by stage,
while all else relaxes. Whatever saddle point lies near the highest place of that way is taken,
wherever it leads: many elementary steps are found that were not thought of, as with the artificial
force of Maeda and Morokuma (J. Chem. Theory Comput. 2011, 7, 2335).
"""

import time
from functools import partial

import numpy as np
import pyarrow as pa
from ase import Atoms
from ase.optimize import BFGS

from tscreen.actors.exploring.stage import DriveStage
from tscreen.actors.quantum.cost import time_limit_s
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.minimise import springs
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.irc import connects, follow
from tscreen.actors.saddles.ladder import Found
from tscreen.actors.saddles.path import BEND
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.verified import Order
from tscreen.actors.workers.cells import Answer, timed_answer, write_answers
from tscreen.actors.workers.isolation import Runner
from tscreen.model.reactions.assembly import assemble
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction, reactions_of

STAGES, STEPS = 15, 6
"""From the reactant's distances to those of the product, and steps of relaxation at each."""
STIFFNESS = 30.0
"""Of the springs, eV/Å²: of the order of a bond's."""
APART = 1.9
"""A broken bond is so many times as long as the sum of the covalent radii."""
FMAX, LONGEST = 0.15, 0.15
"""Largest force at the end of a stage, eV/Å, and longest step, Å."""


def beside(reaction: Reaction, surface: Surface, timeout_s: float, seed: int = 0) -> Found:
    """The saddle point near the highest place of the way that a reactant is driven along.

    Args:
        reaction: from whose reactant, towards whose product.
        surface: level and program.
        timeout_s: seconds of processor time.
        seed: decides how the reactant is shaken first.

    Raises:
        CalculationError: as `locate` and `follow`.
    """
    surface = surface_of(reaction, surface)._replace(deadline=time.process_time() + timeout_s)
    saddle = locate(reaction, driven(reaction, surface, seed), surface)
    ends = follow(reaction, saddle, surface)
    return Found(saddle, connects(reaction, ends), ends, "driven")


def driven(reaction: Reaction, surface: Surface, seed: int = 0) -> np.ndarray:
    """The highest place (N, 3), Å, of the way from the reactant until it has the product's bonds.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    r = reaction
    start, _ = assemble(
        r.reactant_positions, r.product_positions, r.reactant_fragments, r.product_fragments
    )
    # Atoms in line would never find their way around each other; and other ways are found.
    shaken = start + np.random.default_rng(seed).normal(0.0, BEND, start.shape)
    atoms = surface.atoms(r.atomic_numbers, shaken, r.charge, r.multiplicity)
    before, after = side_bonds(r)
    pairs = np.argwhere(np.triu(before ^ after))
    radii = COVALENT_RADII[r.atomic_numbers][pairs].sum(1)
    near = _distances(atoms, pairs)
    far = np.where(after[tuple(pairs.T)], radii, APART * radii)
    way = [(atoms.get_potential_energy(), atoms.get_positions())]
    for share in np.linspace(0.0, 1.0, STAGES + 1)[1:]:
        pull = Springs(pairs, near + share * (far - near))
        atoms.set_constraint(pull)
        optimiser = BFGS(atoms, logfile=None, maxstep=LONGEST)
        optimiser.H0 = springs(atoms.numbers, atoms.positions) + pull.matrix(atoms)
        optimiser.run(fmax=FMAX, steps=STEPS)
        way.append((atoms.get_potential_energy(apply_constraint=False), atoms.get_positions()))
        if np.array_equal(bond_graph(r.atomic_numbers, atoms.positions), after):
            break
    return max(way, key=lambda place: place[0])[1]


class Springs:
    """Springs between pairs (B, 2) of atoms with lengths (B,) at rest, Å, as ASE takes them."""

    def __init__(self, pairs: np.ndarray, lengths: np.ndarray) -> None:
        self._pairs, self._lengths = pairs, lengths

    def adjust_positions(self, atoms: Atoms, new: np.ndarray) -> None:
        """Leave the atoms where the forces move them."""

    def adjust_forces(self, atoms: Atoms, forces: np.ndarray) -> None:
        """Add those of the springs (N, 3), eV/Å."""
        pull = STIFFNESS * (_distances(atoms, self._pairs) - self._lengths)
        along = self._directions(atoms) * pull[:, None, None]
        np.subtract.at(forces, self._pairs, along)

    def adjust_potential_energy(self, atoms: Atoms) -> float:
        """That of the springs, eV."""
        return STIFFNESS / 2 * float(((_distances(atoms, self._pairs) - self._lengths) ** 2).sum())

    def matrix(self, atoms: Atoms) -> np.ndarray:
        """Second derivatives (3N, 3N), eV/Å², along the springs."""
        along = np.zeros((len(self._pairs), len(atoms), 3))
        along[np.arange(len(along))[:, None], self._pairs] = self._directions(atoms)
        flat = along.reshape(len(self._pairs), -1)
        return STIFFNESS * flat.T @ flat

    def _directions(self, atoms: Atoms) -> np.ndarray:
        """Of the atoms of each pair away from each other, (B, 2, 3)."""
        first, second = self._pairs.T
        between = atoms.positions[first] - atoms.positions[second]
        unit = between / np.linalg.norm(between, axis=1, keepdims=True)
        return np.stack([unit, -unit], axis=1)


def _distances(atoms: Atoms, pairs: np.ndarray) -> np.ndarray:
    first, second = pairs.T
    return np.linalg.norm(atoms.positions[first] - atoms.positions[second], axis=1)


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
