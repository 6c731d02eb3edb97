"""Among mappings that the graphs cannot tell apart, the one that fits best in space."""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from tscreen.actors.mapping.graphs import Graph
from tscreen.actors.mapping.isomorphism import isomorphism

Misfit = Callable[[np.ndarray], tuple[float, ...]]
"""How badly a mapping (N,) fits; the first of its numbers counts most."""


def settled(order: np.ndarray, exchanges: list[np.ndarray], misfit: Misfit) -> np.ndarray:
    """The mapping, with atoms that are the same by symmetry exchanged until none fits better.

    Args:
        order: which atom of the product is each atom of the reactant, (N,).
        exchanges: of the reaction by this mapping.
        misfit: is made small.
    """
    least = misfit(order)
    better = True
    while better:
        better = False
        for exchange in exchanges:
            other = order[exchange]
            found = misfit(other)
            if found < least:
                order, least, better = other, found, True
    return order


def exchanges(reaction: Graph) -> list[np.ndarray]:
    """The reaction laid upon itself, one atom upon another; few others move.

    Args:
        reaction: both sides laid upon each other, see `search.laid_upon`.
    """
    colours = reaction.colours()
    pairs = combinations(range(len(colours)), 2)
    same = [{one: other} for one, other in pairs if colours[one] == colours[other]]
    found = (isomorphism(reaction, reaction, places) for places in same)
    return [order for order in found if order is not None]


def inverted(before: np.ndarray, after: np.ndarray, fours: np.ndarray) -> int:
    """How many atoms with four neighbours (F, 4) have another handedness after than before.

    Args:
        before: positions (N, 3).
        after: positions (N, 3), atoms in the same order.
        fours: the neighbours, the same before and after.
    """
    one, other = (_volumes(x, fours) for x in (before, after))
    return int(np.count_nonzero(one * other < 0))


def kept_fours(reaction: Graph) -> np.ndarray:
    """The neighbours (F, 4) of the atoms that have four and keep them."""
    rows = [np.flatnonzero(row) for row in reaction.weights if set(row.tolist()) <= {0, 1}]
    return np.array([row for row in rows if len(row) == 4], int).reshape(-1, 4)


def _volumes(x: np.ndarray, fours: np.ndarray) -> np.ndarray:
    a, b, c, d = x[fours].swapaxes(0, 1)
    return np.einsum("fi,fi->f", np.cross(a - d, b - d), c - d)
