"""Superposition of one pair of structures, in NumPy: what needs only this need not load torch."""

import numpy as np
from numpy.typing import NDArray


def proper_rotation(
    moving: NDArray[np.floating], fixed: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Proper rotation ``(3, 3)`` that best turns centred ``moving (N, 3)`` onto ``fixed``.

    Apply it as ``moving @ rotation``. Never a reflection: the determinant is +1 (Kabsch 1976).
    """
    u, _, vh = np.linalg.svd(moving.T @ fixed)
    u[:, 2] *= np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return u @ vh


def superposed(
    moving: NDArray[np.floating], fixed: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Both structures ``(N, 3)``, centred, the first turned onto the second."""
    moving, fixed = moving - moving.mean(0), fixed - fixed.mean(0)
    return moving @ proper_rotation(moving, fixed), fixed


def deviation(moving: NDArray[np.floating], fixed: NDArray[np.floating]) -> float:
    """RMSD of two structures ``(N, 3)`` in Å after superposition; atoms as mapped."""
    turned, fixed = superposed(moving, fixed)
    return float(np.sqrt(((turned - fixed) ** 2).sum(1).mean()))
