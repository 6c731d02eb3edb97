"""Batches of a fixed shape: every pair of a padded block, whichever reactions fill it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tscreen.model.reactions.batch import ReactionBatch


@dataclass(frozen=True, kw_only=True)
class DenseBatch(ReactionBatch):
    """A batch whose pairs are all N (N - 1) / 2 of each of its B reactions, in their order.

    A pair with a padding atom has no part in any block: `pair_of` leads to the zero row instead.

    Attributes:
        real: 1 where both atoms of a pair are there, else 0 ``(P,)`` float.
    """

    real: Tensor

    def mean_over_pairs(self, values: Tensor, weight: Tensor) -> Tensor:
        """Mean ``(..., B)`` of ``values (..., P)`` over each reaction's real pairs, by weight."""
        weight = weight * self.real
        total, norm = (x.unflatten(-1, (self.shape[0], -1)) for x in (values * weight, weight))
        return total.sum(-1) / norm.sum(-1).clamp(min=1e-6)

    def pair_mean(self, values: Tensor) -> Tensor:
        """Mean, a scalar, of ``values (P,)`` over the real pairs of all reactions."""
        return (values * self.real).sum() / self.real.sum()


def block_pairs(b: int, n: int, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Entries (i, j) and (j, i), each ``(P,)``, of every pair in a flat ``(B*N*N)`` block."""
    i, j = torch.triu_indices(n, n, 1, device=device)
    base = torch.arange(b, device=device).unsqueeze(-1) * n * n
    return (base + i * n + j).flatten(), (base + j * n + i).flatten()


def pair_index(mask: Tensor, upper: Tensor, lower: Tensor) -> tuple[Tensor, Tensor]:
    """`ReactionBatch.pair_of` ``(B*N*N,)`` and which pairs are real ``(P,)``, by ``mask (B, N)``.

    No shape depends on the mask, so nothing waits for the device.
    """
    n, flat = mask.shape[1], mask.flatten()
    real = flat[upper // n] & flat[lower // n]
    none = len(upper)
    index = torch.where(real, torch.arange(none, device=mask.device), none)
    pair_of = torch.full((mask.shape[0] * n * n,), none, device=mask.device)
    pair_of[upper] = pair_of[lower] = index
    return pair_of, real
