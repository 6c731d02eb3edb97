"""A way along which some pairs of atoms are pulled, stage by stage, while all else relaxes."""

from typing import NamedTuple

import numpy as np
from ase import Atoms
from ase.optimize import BFGS

from tscreen.actors.quantum.minimise import springs
from tscreen.schemas.bonds import bond_graph

STEPS = 6
"""Of relaxation at each stage."""
STIFFNESS = 30.0
"""Of the springs, eV/Å²: of the order of a bond's."""
FMAX, LONGEST = 0.15, 0.15
"""Largest force at the end of a stage, eV/Å, and longest step, Å."""


class Place(NamedTuple):
    """A stage's end: energy in eV, without that of the springs, and positions (N, 3) in Å."""

    energy: float
    positions: np.ndarray


class Springs:
    """Springs between pairs (B, 2) of atoms with lengths (B,) at rest, Å, as ASE takes them."""

    def __init__(self, pairs: np.ndarray, lengths: np.ndarray) -> None:
        self._pairs, self._lengths = pairs, lengths

    def adjust_positions(self, atoms: Atoms, new: np.ndarray) -> None:
        """Leave the atoms where the forces move them."""

    def adjust_forces(self, atoms: Atoms, forces: np.ndarray) -> None:
        """Add those of the springs (N, 3), eV/Å."""
        pull = STIFFNESS * (distances(atoms, self._pairs) - self._lengths)
        along = self._directions(atoms) * pull[:, None, None]
        np.subtract.at(forces, self._pairs, along)

    def adjust_potential_energy(self, atoms: Atoms) -> float:
        """That of the springs, eV."""
        return STIFFNESS / 2 * float(((distances(atoms, self._pairs) - self._lengths) ** 2).sum())

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


def distances(atoms: Atoms, pairs: np.ndarray) -> np.ndarray:
    """Of pairs (B, 2) of atoms, (B,) in Å."""
    first, second = pairs.T
    return np.linalg.norm(atoms.positions[first] - atoms.positions[second], axis=1)


def pulled(
    atoms: Atoms, pairs: np.ndarray, lengths: np.ndarray, bonds: np.ndarray, steps: int = STEPS
) -> list[Place]:
    """The places at the ends of the stages, until the atoms have the bonds wanted.

    Args:
        atoms: With a calculator; moved along.
        pairs: Of atoms (B, 2).
        lengths: Of the springs between these, for each stage (S, B), Å.
        bonds: The bond graph (N, N) at which the way ends.
        steps: Of relaxation at each stage.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    way = []
    for wanted in lengths:
        pull = Springs(pairs, wanted)
        atoms.set_constraint(pull)
        optimiser = BFGS(atoms, logfile=None, maxstep=LONGEST)
        optimiser.H0 = springs(atoms.numbers, atoms.positions) + pull.matrix(atoms)
        optimiser.run(fmax=FMAX, steps=steps)
        energy = float(atoms.get_potential_energy(apply_constraint=False))
        way.append(Place(energy, atoms.get_positions()))
        if np.array_equal(bond_graph(atoms.numbers, atoms.positions), bonds):
            break
    return way
