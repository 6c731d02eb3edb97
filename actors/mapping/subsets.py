"""Which bonds to take from both sides of a reaction so that what is left may be the same."""

from collections.abc import Iterator
from itertools import chain, combinations
from math import comb

import numpy as np

from tscreen.actors.mapping.graphs import OWN, Graph, mixed

MOST_SUBSETS = 400_000
"""Of the bonds of one side; more take too long."""
ROUNDS = 8
"""Of colours; those that are still alike are compared atom by atom."""
BLOCK = 20_000


class TooLargeError(ValueError):
    """There are too many bonds to try all subsets."""


class _Subsets:
    """Graphs that are left of one graph when some of its bonds are taken away.

    Attributes:
        taken: (S, n, 2), the bonds.
        keys: (S,), alike for graphs that may be the same.
    """

    def __init__(self, graph: Graph, size: int) -> None:
        bonds = graph.bonds
        count = comb(len(bonds), size)
        if count > MOST_SUBSETS:
            raise TooLargeError
        chosen = chain.from_iterable(combinations(range(len(bonds)), size))
        rows = np.fromiter(chosen, int, count * size).reshape(count, size)
        self.taken = bonds[rows]
        self._neighbours = _padded(graph.weights)
        self._colours = np.repeat(mixed(graph.labels)[None], count, axis=0)
        self.keys = np.zeros(count, np.uint64)

    def refine(self) -> None:
        """One more round of colours."""
        parts = [self._round(slice(start, start + BLOCK)) for start in self._blocks()]
        self._colours = np.concatenate(parts)
        self.keys = self._colours.sum(axis=1)

    def keep(self, keys: np.ndarray) -> None:
        """Only those with one of the keys."""
        kept = np.isin(self.keys, keys)
        self.taken, self.keys, self._colours = (
            self.taken[kept],
            self.keys[kept],
            self._colours[kept],
        )

    def _blocks(self) -> range:
        return range(0, max(1, len(self.taken)), BLOCK)

    def _round(self, block: slice) -> np.ndarray:
        colours, taken = self._colours[block], self.taken[block]
        sent = np.pad(colours, ((0, 0), (0, 1)))
        around = sum(
            (sent[:, column] for column in self._neighbours.T),
            np.zeros_like(colours),
        )
        every = np.arange(len(taken))
        for one, other in (pair.T for pair in taken.swapaxes(0, 1)):
            around[every, one] -= sent[every, other]
            around[every, other] -= sent[every, one]
        return mixed(colours * OWN + around)


def _padded(weights: np.ndarray) -> np.ndarray:
    """Neighbours (N, D) of every atom, N where it has fewer than D."""
    lists = [np.flatnonzero(row) for row in weights]
    widest = max(map(len, lists))
    fill = len(weights)
    return np.array([[*row, *[fill] * (widest - len(row))] for row in lists], int).reshape(
        fill, widest
    )


def alike(
    reactant: Graph, product: Graph, n_broken: int, n_formed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Bonds (B, n_broken, 2) of the reactant and (F, n_formed, 2) of the product.

    Without any of the first, and any of the second, the two sides have the same colours.

    Raises:
        TooLargeError: there are too many to try.
    """
    sides = _Subsets(reactant, n_broken), _Subsets(product, n_formed)
    for _ in range(ROUNDS):
        for side in sides:
            side.refine()
        sides[0].keep(sides[1].keys)
        sides[1].keep(sides[0].keys)
        if not len(sides[0].keys):
            return
    for key in np.unique(sides[0].keys):
        broken, formed = (side.taken[side.keys == key] for side in sides)
        yield broken, formed
