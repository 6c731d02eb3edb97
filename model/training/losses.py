"""What the network is trained on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tscreen.model.networks.trunk import TrunkOutput
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import distance_weight, mean_square_deviation, superpose


@dataclass(frozen=True)
class Losses:
    """Terms of the loss, each a scalar mean over the batch; lengths in Å."""

    distance: Tensor
    spread: Tensor
    structure: Tensor
    structure_distance: Tensor

    def total(self) -> Tensor:
        """The weighted sum that is minimised."""
        return self.distance + 0.1 * self.spread + self.structure + 0.5 * self.structure_distance


def aligned_deviation(x: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """RMSD ``(S, B)`` in Å of ``x (S, B, N, 3)`` from ``reference (B, N, 3)``, differentiable in x.

    The reference is turned onto ``x`` under no gradient. The small constant keeps the slope finite
    at a perfect fit.
    """
    target = superpose(reference.expand_as(x), x.detach(), mask)
    return (mean_square_deviation(x, target, mask) + 1e-4).sqrt()


def compute_losses(trunk: TrunkOutput, clean: Tensor, batch: ReactionBatch) -> Losses:
    """Losses of one trunk pass and the clean structures ``(S, B, N, 3)`` predicted from it."""
    assert batch.ts is not None
    reference = batch.pair_distances(batch.ts)
    weight = distance_weight(reference)
    error = (trunk.distance - reference).abs()
    sampled_error = (batch.pair_distances(clean) - reference).abs()
    return Losses(
        distance=batch.mean_over_pairs(error, weight).mean(),
        spread=batch.pair_mean(trunk.spread.log() + error.detach() / trunk.spread),
        structure=aligned_deviation(clean, batch.ts, batch.mask).mean(),
        structure_distance=batch.mean_over_pairs(sampled_error, weight).mean(),
    )


def detached(losses: Losses) -> Tensor:
    """The four terms as one tensor ``(4,)`` for logging, without a device synchronisation."""
    return torch.stack(
        [losses.distance, losses.spread, losses.structure, losses.structure_distance]
    ).detach()
