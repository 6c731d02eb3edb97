"""Normal modes of a structure: their frequencies, and the way down along an imaginary one."""

from typing import NamedTuple

import numpy as np
from ase import Atoms, units

from tscreen.actors.quantum.minimise import LEAST_STIFFNESS, springs

DISPLACEMENT = 0.005
"""Finite-difference displacement, Å, all atoms together, along a loose direction.

Along stiff ones it is smaller, for the same rise of the energy: there forward differences leave out
more, and the noise of forces, which would spoil soft modes, does not matter.
"""

NOISE_CM1 = 50.0
"""Weaker imaginary modes are noise of the differences or of a flat surface, not a way down."""

LEAST_INERTIA = 0.02
"""A turn of smaller moment of inertia, in amu Å², is the bending of a molecule that is linear.

A relaxed linear molecule is straight only as far as it has converged. One hydrogen 0.14 Å off the
line has this moment; in a bent molecule it is several times as far off.
"""


class Modes(NamedTuple):
    """The V normal modes of a structure of N atoms.

    Attributes:
        frequencies_cm1: (V,) in cm⁻¹ in rising order, imaginary ones negative.
        directions: (V, N, 3) displacements along them, largest atom moving by 1 Å.
    """

    frequencies_cm1: np.ndarray
    directions: np.ndarray

    @property
    def direction(self) -> np.ndarray:
        """(N, 3) along the lowest mode."""
        return self.directions[0]

    @property
    def n_imaginary(self) -> int:
        """Number of modes beyond `NOISE_CM1` on the imaginary axis."""
        return int((self.frequencies_cm1 < -NOISE_CM1).sum())

    @property
    def frequency_cm1(self) -> float | None:
        """|ν| of the strongest imaginary mode in cm⁻¹, None if there is none."""
        return -float(self.frequencies_cm1[0]) if self.n_imaginary else None


def hessian(atoms: Atoms) -> np.ndarray:
    """Second derivatives (3N, 3N) of the energy in eV/Å², by forward differences of forces.

    Costs 3N - 6 calls of the calculator of `atoms`, whose positions are left as they were. The
    displacements are along the modes of a model, nearly those of the molecule: what forward
    differences leave out then hardly mixes stiff modes into soft ones. Against central differences
    it makes up to 4 cm⁻¹ in a stretching of hydrogen, 1 or 2 in a soft mode, and 0.02 kcal/mol in
    zero-point and Gibbs energies. Turning and moving the whole costs nothing at a stationary point,
    so these are left out.
    """
    moved = atoms.copy()
    moved.calc = atoms.calc
    origin, at_rest = atoms.get_positions(), atoms.get_forces().ravel()
    inner = internal_motion(atoms, np.ones(3 * len(atoms)))
    stiffness, mixing = np.linalg.eigh(inner.T @ springs(atoms.numbers, origin) @ inner)
    directions = inner @ mixing
    steps = DISPLACEMENT * np.sqrt(LEAST_STIFFNESS / stiffness)
    slopes = np.zeros_like(directions)
    for number, (step, direction) in enumerate(zip(steps, directions.T, strict=True)):
        moved.positions = origin + step * direction.reshape(-1, 3)
        slopes[:, number] = (at_rest - moved.get_forces().ravel()) / step
    matrix = directions @ (directions.T @ slopes) @ directions.T
    return (matrix + matrix.T) / 2


def modes(atoms: Atoms, matrix: np.ndarray) -> Modes:
    """Analyse a Hessian (3N, 3N) in eV/Å² of two or more atoms, overall motion projected out."""
    cm1, directions = _vibrations(atoms, matrix)
    directions = directions.T.reshape(-1, len(atoms), 3)
    longest = np.linalg.norm(directions, axis=2).max(axis=1)
    return Modes(cm1, directions / longest[:, None, None])


def frequencies(atoms: Atoms, matrix: np.ndarray) -> np.ndarray:
    """All V vibrational frequencies (V,) in cm⁻¹ in rising order, imaginary ones negative.

    V is 3N - 6, for a linear molecule 3N - 5, for one atom 0.

    Args:
        atoms: N atoms.
        matrix: Their Hessian (3N, 3N) in eV/Å².
    """
    return _vibrations(atoms, matrix)[0]


def _vibrations(atoms: Atoms, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (V,) in cm⁻¹, imaginary ones negative, and displacements (3N, V)."""
    root_mass = np.sqrt(np.repeat(atoms.get_masses(), 3))
    inner = internal_motion(atoms, root_mass)
    values, vectors = np.linalg.eigh(inner.T @ (matrix / np.outer(root_mass, root_mass)) @ inner)
    return np.sign(values) * np.sqrt(np.abs(values)) * _CM1, inner @ vectors / root_mass[:, None]


# Square root of eV/Å²/amu as a wavenumber.
_CM1 = units._hbar * 1e10 / (units._e * np.sqrt(units._amu / units._e)) / units.invcm


def internal_motion(atoms: Atoms, root_mass: np.ndarray) -> np.ndarray:
    """(3N, V) orthonormal basis of internal motion in mass-weighted coordinates."""
    centred = atoms.get_positions() - atoms.get_center_of_mass()
    shifts = [np.broadcast_to(axis, centred.shape) for axis in np.eye(3)]
    turns = [np.cross(axis, centred) for axis in np.eye(3)]
    outer = np.array([motion.ravel() * root_mass for motion in (*shifts, *turns)])
    _, size, basis = np.linalg.svd(outer)
    # Squared, the sizes are the mass, three times, and the moments of inertia.
    return basis[int((size**2 > LEAST_INERTIA).sum()) :].T
