"""Steepest descent from a saddle point in mass-weighted coordinates, one gradient a step.

Each step integrates the path on the local quadratic surface (Page and McIver, J. Chem. Phys. 1988,
88, 922); second derivatives are those of the saddle point, updated from step to step (Bofill, J.
Comput. Chem. 1994, 15, 1).
"""

from collections.abc import Callable

import numpy as np
from ase import Atoms

ARC_STEP = 0.15
"""Length of a step along the path, Å times the square root of amu."""
MAX_ARC_STEPS = 20
LEAST_ARC_STEPS = 4
ARC_FMAX = 0.1
"""Largest force on any atom where the path ends, eV/Å."""
CONVEX = -0.01
"""Least curvature, eV/Å²/amu (50i cm⁻¹), of a surface that leads nowhere but to its minimum."""
REACH, POINTS = 20.0, 400
"""Of the integration on a quadratic surface: its end, in times that a straight step takes."""


def descend(
    atoms: Atoms,
    matrix: np.ndarray,
    direction: np.ndarray,
    passed: Callable[[Atoms], None] = lambda _: None,
) -> np.ndarray:
    """Move atoms from a saddle point down to where relaxation cannot go astray any more.

    That is where the surface has become convex, where forces are small, or after `MAX_ARC_STEPS`.

    Args:
        atoms: N atoms at the saddle point, with a calculator.
        matrix: Second derivatives (3N, 3N) there, eV/Å².
        direction: (N, 3) Of the first step; its length does not matter.
        passed: Is shown the atoms after each step.

    Returns:
        Second derivatives (3N, 3N) at the end, as far as updates tell, eV/Å².

    Raises:
        CalculationError: As the calculator.
    """
    root_mass = np.sqrt(np.repeat(atoms.get_masses(), 3))
    weighted = matrix / np.outer(root_mass, root_mass)
    gradient = np.zeros_like(root_mass)
    step = direction.ravel() * root_mass
    step *= ARC_STEP / np.linalg.norm(step)
    for number in range(MAX_ARC_STEPS):
        atoms.positions += (step / root_mass).reshape(-1, 3)
        forces = atoms.get_forces()
        passed(atoms)
        here = -forces.ravel() / root_mass
        weighted = _updated(weighted, step, here - gradient)
        gradient = here
        values, vectors = np.linalg.eigh(weighted)
        if number + 1 < LEAST_ARC_STEPS:
            step = _step(values, vectors, gradient)
            continue
        if values[0] > CONVEX or np.linalg.norm(forces, axis=1).max() < ARC_FMAX:
            break
        step = _step(values, vectors, gradient)
    return weighted * np.outer(root_mass, root_mass)


def _step(values: np.ndarray, vectors: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Steepest descent of length `ARC_STEP`, or to the minimum, on a quadratic surface."""
    along = vectors.T @ gradient
    times = np.linspace(0.0, REACH * ARC_STEP / np.linalg.norm(gradient), POINTS)
    # The gradient at every time; exponents are bounded where the surface falls off.
    decay = np.exp(np.minimum(-np.outer(times, values), 50.0))
    speed = np.linalg.norm(decay * along, axis=1)
    length = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2) * times[1]])
    time = np.interp(ARC_STEP, length, times)
    flat = np.abs(values * time) < 1e-8
    grown = np.where(flat, time, -np.expm1(-values * time) / np.where(flat, 1.0, values))
    return -vectors @ (grown * along)


def _updated(matrix: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Second derivatives that account for a change of the gradient over a step."""
    missing = change - matrix @ step
    overlap, size = missing @ step, step @ step
    weight = overlap**2 / (size * (missing @ missing) + 1e-30)
    symmetric_rank_one = np.outer(missing, missing) / (overlap + np.copysign(1e-30, overlap))
    mixed = np.outer(missing, step)
    powell = (mixed + mixed.T) / size - overlap * np.outer(step, step) / size**2
    return matrix + weight * symmetric_rank_one + (1 - weight) * powell
