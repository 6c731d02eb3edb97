"""Normal modes of a structure: how many of them are imaginary, and the strongest of those."""

from typing import NamedTuple

import numpy as np
from ase import Atoms, units

DISPLACEMENT = 0.01
"""Finite-difference displacement, Å."""

NOISE_CM1 = 50.0
"""Weaker imaginary modes are noise of the differences or of a flat surface, not a way down."""


class Modes(NamedTuple):
    """The imaginary modes of a structure of N atoms.

    Attributes:
        n_imaginary: Number of modes beyond `NOISE_CM1` on the imaginary axis.
        frequency_cm1: |ν| of the strongest one in cm⁻¹, None if there is none.
        direction: (N, 3) displacement along the lowest mode, largest atom moving by 1 Å.
    """

    n_imaginary: int
    frequency_cm1: float | None
    direction: np.ndarray


def hessian(atoms: Atoms) -> np.ndarray:
    """Second derivatives (3N, 3N) of the energy in eV/Å², by central differences of forces.

    Costs 6N calls of the calculator of `atoms`, whose positions are left as they were.
    """
    moved = atoms.copy()
    moved.calc = atoms.calc
    origin = atoms.get_positions()
    rows = []
    for atom, axis in np.ndindex(origin.shape):
        forces = []
        for step in (-DISPLACEMENT, DISPLACEMENT):
            moved.positions[:] = origin
            moved.positions[atom, axis] += step
            forces.append(moved.get_forces().ravel())
        rows.append((forces[0] - forces[1]) / (2 * DISPLACEMENT))
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def modes(atoms: Atoms, matrix: np.ndarray) -> Modes:
    """Analyse a Hessian (3N, 3N) in eV/Å², overall motion projected out."""
    root_mass = np.sqrt(np.repeat(atoms.get_masses(), 3))
    inner = _projector(atoms, root_mass)
    values, vectors = np.linalg.eigh(inner @ (matrix / np.outer(root_mass, root_mass)) @ inner)
    cm1 = np.sign(values) * np.sqrt(np.abs(values)) * _CM1
    imaginary = cm1 < -NOISE_CM1
    direction = (vectors[:, 0] / root_mass).reshape(-1, 3)
    direction /= np.linalg.norm(direction, axis=1).max()
    return Modes(int(imaginary.sum()), -float(cm1[0]) if imaginary.any() else None, direction)


# Square root of eV/Å²/amu as a wavenumber.
_CM1 = units._hbar * 1e10 / (units._e * np.sqrt(units._amu / units._e)) / units.invcm


def _projector(atoms: Atoms, root_mass: np.ndarray) -> np.ndarray:
    """(3N, 3N) projector onto internal motion in mass-weighted coordinates."""
    centred = atoms.get_positions() - atoms.get_center_of_mass()
    shifts = [np.broadcast_to(axis, centred.shape) for axis in np.eye(3)]
    turns = [np.cross(axis, centred) for axis in np.eye(3)]
    outer = np.array([motion.ravel() * root_mass for motion in (*shifts, *turns)])
    # A linear molecule has one turn less, hence the rank from the singular values.
    _, size, basis = np.linalg.svd(outer, full_matrices=False)
    basis = basis[size > 1e-6 * size[0]]
    return np.eye(len(root_mass)) - basis.T @ basis
