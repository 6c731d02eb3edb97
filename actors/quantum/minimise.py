"""Relaxation that knows which directions are stiff before it has taken a step."""

from collections.abc import Callable

import numpy as np
from ase import Atoms
from ase.optimize import BFGS

from tscreen.schemas.elements import COVALENT_RADII

BOND_STIFFNESS = 40.0
"""Of a pair of atoms as far apart as a single bond is long, eV/Å²."""
DECAY = 2.5
"""By how many times of its e-fold a bond's length more makes it weaker."""
LEAST_STIFFNESS = 4.0
"""Of any direction, eV/Å², so that loose ones are not overshot."""


def minimise(
    atoms: Atoms,
    fmax: float,
    max_steps: int,
    *,
    longest: float = 0.2,
    matrix: np.ndarray | None = None,
    settled: Callable[[], bool] = lambda: False,
) -> bool:
    """Move atoms to the nearest minimum; whether it was reached, or is near enough.

    Args:
        atoms: N atoms with a calculator.
        fmax: Largest force on any atom at the end, eV/Å.
        max_steps: Steps after which to give up.
        longest: Step of any atom, Å.
        matrix: Second derivatives (3N, 3N) at the start, eV/Å²; by default those of springs.
            Directions that are loose or unstable there are taken for stiff enough to go carefully.
        settled: Whether this is near enough, asked after each step.
    """
    optimiser = BFGS(atoms, logfile=None, maxstep=longest)
    optimiser.H0 = (
        springs(atoms.numbers, atoms.positions) if matrix is None else _at_least_stiff(matrix)
    )
    return any(reached or settled() for reached in optimiser.irun(fmax=fmax, steps=max_steps))


def springs(
    numbers: np.ndarray, positions: np.ndarray, least: float = LEAST_STIFFNESS
) -> np.ndarray:
    """Second derivatives (3N, 3N) in eV/Å² of springs between all pairs, weaker when longer.

    Springs between atoms two and three bonds apart stand for bending and twisting; every direction
    is at least as stiff as ``least``, eV/Å².
    """
    radii = COVALENT_RADII[numbers]
    between = positions[:, None] - positions
    distance = np.linalg.norm(between, axis=-1) + np.eye(len(numbers))
    unit = between / distance[..., None]
    stiffness = BOND_STIFFNESS * np.exp(DECAY * (1 - distance / np.add.outer(radii, radii)))
    np.fill_diagonal(stiffness, 0.0)
    stiffness = np.minimum(stiffness, 2 * BOND_STIFFNESS)
    blocks = -stiffness[..., None, None] * unit[..., None] * unit[..., None, :]
    own = np.arange(len(numbers))
    blocks[own, own] = -blocks.sum(1)
    size = 3 * len(numbers)
    return blocks.transpose(0, 2, 1, 3).reshape(size, size) + least * np.eye(size)


def _at_least_stiff(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(np.abs(values), LEAST_STIFFNESS)) @ vectors.T
