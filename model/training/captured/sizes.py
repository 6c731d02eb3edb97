"""Which sizes reactions are padded to, so that few shapes stand for all and little is wasted."""

import numpy as np
from numpy.typing import NDArray

MAX_SIZES = 22
"""A graph is captured for each: 22 took 8 s on an H100."""


def padded_sizes(atoms: NDArray[np.integer], shares: NDArray[np.floating]) -> list[int]:
    """At most `MAX_SIZES` numbers of atoms, ascending; a reaction is padded to the next of them.

    They are those that leave the fewest pairs in an epoch, found by dynamic programming. ``atoms
    (R,)`` are the sizes of the reactions, ``shares (R,)`` how often each takes part in an epoch.
    """
    sizes, index = np.unique(atoms, return_inverse=True)
    drawn = np.zeros(len(sizes))
    np.add.at(drawn, index, shares)
    cost = _costs(sizes, drawn)
    least = cost[0]  # pairs of all sizes up to each, if padded to that one
    firsts = []
    for _ in range(min(MAX_SIZES, len(sizes)) - 1):
        total = np.concatenate([[0.0], least[:-1]])[:, None] + cost
        firsts.append(total.argmin(0))
        least = total.min(0)
    chosen = [len(sizes) - 1]
    for first in reversed(firsts):
        if first[chosen[-1]] == 0:
            break
        chosen.append(int(first[chosen[-1]]) - 1)
    return sizes[chosen[::-1]].tolist()


def _costs(sizes: NDArray[np.integer], shares: NDArray[np.floating]) -> NDArray[np.floating]:
    """Pairs ``(K, K)`` of the sizes from i to j, padded to j; infinite where i comes after j."""
    up_to = np.concatenate([[0.0], np.cumsum(shares)])
    reactions = up_to[1:] - up_to[:-1, None]
    first, last = np.indices(reactions.shape)
    return np.where(first <= last, reactions * (sizes * (sizes - 1) / 2), np.inf)
