"""RMSD as OA-ReactDiff and React-OT report it: over permutations and mirror images, cut at 1 Å.

It flatters; it is here only so that figures can be compared with published tables.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from tscreen.model.reactions.superposition import superposed

CUT = 1.0  # Å
MAX_ROUNDS = 10

Positions = NDArray[np.floating]


def permissive_rmsd(numbers: NDArray[np.integer], moving: Positions, fixed: Positions) -> float:
    """Least RMSD in Å of ``moving (N, 3)`` and its mirror image from ``fixed (N, 3)``.

    Atoms of one element may be exchanged: superposition and assignment alternate, starting from
    the atom mapping, until the assignment stands. At most 1 Å is returned.
    """
    mirrors = (moving, moving * np.array([1.0, 1.0, -1.0]))
    return min(CUT, *(_best_permutation(numbers, m, fixed) for m in mirrors))


def _best_permutation(numbers: NDArray[np.integer], moving: Positions, fixed: Positions) -> float:
    order = np.arange(len(numbers))
    best = np.inf
    for _ in range(MAX_ROUNDS):
        turned, reference = superposed(moving[order], fixed)
        best = min(best, float(np.sqrt(((turned - reference) ** 2).sum(-1).mean())))
        cost = cdist(reference, turned, "sqeuclidean")
        cost[numbers[:, None] != numbers[order][None, :]] = 1e6
        exchange = linear_sum_assignment(cost)[1]
        if (exchange == np.arange(len(numbers))).all():
            break
        order = order[exchange]
    return best
