"""Molecules of unlike size as one padded batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Molecules:
    """B molecules of at most N atoms.

    Attributes:
        numbers: atomic numbers (B, N), 0 where there is no atom.
        positions: (B, N, 3) in Å.
    """

    numbers: Tensor
    positions: Tensor

    @property
    def mask(self) -> Tensor:
        """Where there is an atom (B, N)."""
        return self.numbers > 0


def pad(numbers: Sequence[NDArray[np.uint8]], positions: Sequence[NDArray]) -> Molecules:
    """Stack molecules of N_b atoms, positions (N_b, 3) in Å."""
    size = max(len(z) for z in numbers)
    stacked = torch.zeros(len(numbers), size, dtype=torch.long)
    placed = torch.zeros(len(numbers), size, 3)
    for row, (z, x) in enumerate(zip(numbers, positions, strict=True)):
        stacked[row, : len(z)] = torch.from_numpy(z.astype(np.int64))
        placed[row, : len(z)] = torch.from_numpy(np.asarray(x, dtype=np.float32))
    return Molecules(stacked, placed)
