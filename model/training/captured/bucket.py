"""Rows of like size on the device, drawn without end in batches of one shape."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tscreen.model.reactions.batch import PreparedReaction
from tscreen.model.reactions.data import share_of_epochs
from tscreen.model.training.captured.inputs import StepInput, draw_inputs
from tscreen.model.training.captured.rows import PaddedRows
from tscreen.model.training.captured.sizes import padded_sizes

AHEAD = 4  # batches whose priors are built at once
MAX_REACTIONS = 2048
"""Of a batch: of the smallest reactions a step would else see most of what there is."""


class Passes:
    """Indices of rows, pass after pass over those that take part in it, in random order.

    Args:
        shares: how often each row takes part, 0 to 1 ``(R,)``.
        seed: of its order.
    """

    def __init__(self, shares: NDArray[np.floating], seed: Sequence[int]) -> None:
        self.shares, self.random = shares, np.random.default_rng(seed)
        self.left: list[int] = []

    def take(self, count: int) -> list[int]:
        """The next indices."""
        while len(self.left) < count:
            part = np.flatnonzero(self.random.random(len(self.shares)) < self.shares)
            self.left += self.random.permutation(part).tolist()
        taken, self.left = self.left[:count], self.left[count:]
        return taken


class Bucket:
    """The rows that are padded to ``n`` atoms, in batches of at most ``max_pairs`` pairs."""

    def __init__(
        self,
        rows: Sequence[PreparedReaction],
        n: int,
        *,
        max_pairs: int,
        seed: Sequence[int],
        device: str,
    ) -> None:
        self.pairs = n * (n - 1) // 2  # of a reaction
        # However few rows there are: a reaction then weighs as much as one of a common size.
        self.size = max(1, min(max_pairs // max(1, self.pairs), MAX_REACTIONS))
        shares = share_of_epochs(np.array([row.n_atoms for row in rows]))
        self.batches_per_epoch = shares.sum() / self.size
        self._rows = PaddedRows.of(rows, n, device)
        self._passes = Passes(shares, [*seed, n])
        self._ready: list[StepInput] = []

    def peek(self) -> StepInput:
        """What `take` will return next."""
        if not self._ready:
            drawn = self._passes.take(AHEAD * self.size)
            index = torch.as_tensor(drawn, device=self._rows.numbers.device)
            self._ready = draw_inputs(self._rows.select(index).augmented(), AHEAD)[::-1]
        return self._ready[-1]

    def take(self) -> StepInput:
        """The next batch."""
        self.peek()
        return self._ready.pop()


def make_buckets(
    rows: Sequence[PreparedReaction], *, max_pairs: int, seed: Sequence[int], device: str
) -> list[Bucket]:
    """All rows, each in the bucket of the next size that it is padded to."""
    atoms = np.array([row.n_atoms for row in rows])
    sizes = padded_sizes(atoms, share_of_epochs(atoms))
    place = np.searchsorted(sizes, atoms)
    return [
        Bucket(
            [rows[i] for i in np.flatnonzero(place == k).tolist()],
            n,
            max_pairs=max_pairs,
            seed=seed,
            device=device,
        )
        for k, n in enumerate(sizes)
    ]
