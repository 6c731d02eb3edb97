"""The most probable sets of bond changes of a reactant, by a beam search.

Changes are added one at a time. A set that comes about in several orders is one set with the
probabilities of all of them, which costs no more, as every smaller set is read once.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from tscreen.model.proposals.network import ProposalNetwork, Reading
from tscreen.model.proposals.steps import MOST_BROKEN, MOST_FORMED
from tscreen.model.reactions.batch import PreparedReaction, ReactionBatch, collate

WIDTH = 400
"""Sets of one size that are gone on from."""
AT_ONCE = 500
"""Sets that the network looks at together."""

Pair = tuple[int, int]
Changes = frozenset[Pair]
"""Pairs of atoms, the lower number first: bonds among them break, others form."""


class _Next(NamedTuple):
    """What the network says of S sets, for P pairs: log-probabilities.

    Attributes:
        change: each pair changes next (S, P).
        end: nothing more changes (S,).
    """

    change: NDArray[np.float64]
    end: NDArray[np.float64]


class ProposalSearch:
    """What a network thinks of the bonds of one reactant.

    Args:
        network: see `ProposalNetwork`.
        reactant: of N atoms, as both sides; see `steps.alone`.
    """

    def __init__(self, network: ProposalNetwork, reactant: PreparedReaction) -> None:
        self._network = network
        self._batch: ReactionBatch = collate([reactant])
        self._pairs = list(combinations(range(reactant.n_atoms), 2))
        self._place = {pair: k for k, pair in enumerate(self._pairs)}
        with _one_thread():
            self._reading: Reading = network.read(self._batch)
        self._breaks = self._reading.change.numpy() < 0

    def log_probabilities(
        self, wanted: Collection[Changes] = (), width: int = WIDTH
    ) -> dict[Changes, float]:
        """Logarithms of the probabilities of the most probable sets, and of those that are wanted.

        Whether a set leaves sound valences is not looked at.

        Args:
            wanted: sets to be told of whatever their probability is.
            width: sets of one size that are gone on from.
        """
        needed = {
            Changes(some)
            for one in wanted
            for n in range(len(one))
            for some in combinations(one, n)
        }
        needed.update(wanted)
        level: dict[Changes, float] = {Changes(): 0.0}
        found: dict[Changes, float] = {}
        for size in range(MOST_BROKEN + MOST_FORMED + 1):
            sets = list(level)
            told = self._next(sets)
            found |= {
                one: level[one] + end for one, end in zip(sets, told.end.tolist(), strict=True)
            }
            total = np.array(list(level.values()))[:, None] + told.change
            wanted_now = [one for one in needed if len(one) == size + 1]
            level = self._grown(sets, total, width) | self._exact(sets, total, wanted_now)
            if not level:
                break
        del found[Changes()]
        return found

    def _next(self, sets: list[Changes]) -> _Next:
        changed = torch.zeros(len(sets), len(self._pairs), dtype=torch.bool)
        for row, one in enumerate(sets):
            changed[row, [self._place[pair] for pair in one]] = True
        with _one_thread():
            parts = [
                self._network(self._reading, part, self._batch) for part in changed.split(AT_ONCE)
            ]
        change, end = (torch.cat(one).double().numpy() for one in zip(*parts, strict=True))
        broken = (changed.numpy() & self._breaks).sum(1)
        formed = changed.numpy().sum(1) - broken
        change[np.ix_(broken == MOST_BROKEN, self._breaks)] = -np.inf
        change[np.ix_(formed == MOST_FORMED, ~self._breaks)] = -np.inf
        return _Next(np.where(changed.numpy(), -np.inf, change), end[:, 0])

    def _grown(
        self, sets: list[Changes], total: NDArray[np.float64], width: int
    ) -> dict[Changes, float]:
        """The most probable sets of one change more, by all that lead to them."""
        flat = total.ravel()
        # Each set of k changes is reached from up to k smaller ones.
        count = min(len(flat), width * (1 + len(sets[0])))
        best = np.argpartition(-flat, count - 1)[:count]
        grown: dict[Changes, float] = {}
        for row, column in zip(
            *np.unravel_index(best[np.isfinite(flat[best])], total.shape), strict=True
        ):
            one = sets[row] | {self._pairs[column]}
            grown[one] = np.logaddexp(grown.get(one, -np.inf), total[row, column])
        most = sorted(grown, key=lambda one: -grown[one])[:width]
        return {one: float(grown[one]) for one in most}

    def _exact(
        self, sets: list[Changes], total: NDArray[np.float64], wanted: list[Changes]
    ) -> dict[Changes, float]:
        """Those that are wanted, by all orders: the smaller sets are all there."""
        row = {one: k for k, one in enumerate(sets)}
        return {
            one: float(
                np.logaddexp.reduce([total[row[one - {pair}], self._place[pair]] for pair in one])
            )
            for one in wanted
        }


@contextmanager
def _one_thread() -> Iterator[None]:
    """Without gradients, on one thread: products are small, and other cores have other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
