"""The recommender: how far is a sampled transition state from the true one?

A small network on the trunk's embeddings and a sample's geometry predicts the logarithm of the
sample's RMSD and how sure it is of that. Ranking picks the sample; a calibration fitted on
reactions that neither network was trained on turns the winner's score into ``expected_rmsd`` and
``p_good`` = P(RMSD < 0.2 Å).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.batch import ReactionBatch
from model.geometry import rmsd
from model.layers import RadialBasis
from model.losses import distance_weight
from model.network import NetworkConfig
from model.trunk import TrunkOutput, pair_sum

GOOD_RMSD = 0.2  # Å
N_DESCRIPTORS = 11


@dataclass(frozen=True)
class Score:
    """Predicted RMSD of every sample as a log-normal, each ``(S, B)``.

    Attributes:
        log_rmsd: mean of log(RMSD / Å).
        log_width: logarithm of its standard deviation.
    """

    log_rmsd: Tensor
    log_width: Tensor


def sample_descriptors(samples: Tensor, trunk: TrunkOutput, batch: ReactionBatch) -> Tensor:
    """Invariant numbers ``(S, B, N_DESCRIPTORS)`` that judge ``samples (S, B, N, 3)`` as a whole.

    Disagreement with the trunk's distances, deviation from the other samples and from the first,
    deterministic one, the trunk's own doubt, and handedness: whether reactant and product fit the
    sample better than its mirror image does, which distances cannot tell. Symmetric in reactant and
    product.
    """
    d = batch.pair_distances(samples)
    weight = distance_weight(trunk.distance)
    mean, spread = d.mean(0, keepdim=True), d.std(0, unbiased=False)
    consensus = batch.mean_over_pairs((d - mean).abs(), weight)
    from_first = batch.mean_over_pairs((d - d[:1]).abs(), weight)
    mismatch = batch.mean_over_pairs((d - trunk.distance).abs(), weight)
    is_first = torch.zeros_like(mismatch)
    is_first[0] = 1.0
    doubt = batch.mean_over_pairs(trunk.spread, weight).expand_as(mismatch)
    variety = batch.mean_over_pairs(spread, weight).expand_as(mismatch)
    mirror = samples * samples.new_tensor([1.0, 1.0, -1.0])
    sides = (batch.reactant.expand_as(samples), batch.product.expand_as(samples))
    as_is = [rmsd(samples, side, batch.mask) for side in sides]
    gain = [a - rmsd(mirror, side, batch.mask) for a, side in zip(as_is, sides, strict=True)]
    n_samples = torch.full_like(mismatch, math.log(len(samples)))
    return torch.stack(
        [
            mismatch.clamp(min=1e-3).log(),
            consensus.clamp(min=1e-3).log(),
            from_first.clamp(min=1e-2).log(),
            is_first,
            doubt.clamp(min=1e-3).log(),
            variety.clamp(min=1e-3).log(),
            as_is[0] + as_is[1],
            (as_is[0] - as_is[1]).abs(),
            gain[0] + gain[1],
            torch.maximum(gain[0], gain[1]),
            n_samples,
        ],
        dim=-1,
    )


class Recommender(nn.Module):
    """Scores samples; see `Score`."""

    calibration: Tensor

    def __init__(self, config: NetworkConfig, c_edge: int = 32, dropout: float = 0.1):
        super().__init__()
        self.distance = RadialBasis(16, 0.6, 5.0)
        self.mismatch = RadialBasis(12, -0.8, 0.8)
        self.from_pairs = nn.Linear(config.c_pair, c_edge)
        self.from_geometry = nn.Linear(16 + 12 + 2, c_edge, bias=False)
        self.from_nodes = nn.Linear(config.c_node, c_edge, bias=False)
        self.edge = nn.Sequential(
            nn.SiLU(), nn.Linear(c_edge, c_edge), nn.SiLU(), nn.Linear(c_edge, c_edge)
        )
        self.norm = nn.LayerNorm(2 * c_edge)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(2 * c_edge + N_DESCRIPTORS, 64),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(64, 2),
        )
        # slope and offset of log RMSD, slope and offset of the log-odds of being good
        self.register_buffer("calibration", torch.tensor([1.0, 0.0, 1.0, 0.0]))

    def forward(self, samples: Tensor, trunk: TrunkOutput, batch: ReactionBatch) -> Score:
        """Score of ``samples (S, B, N, 3)`` in Å."""
        d = batch.pair_distances(samples)
        off = d - trunk.distance
        doubt = trunk.spread.expand_as(d)
        geometry = torch.cat(
            [
                self.distance(d),
                self.mismatch(off),
                torch.stack([(off / doubt).clamp(-5, 5), doubt.clamp(min=1e-3).log()], dim=-1),
            ],
            dim=-1,
        )
        shared = self.from_pairs(trunk.pairs) + pair_sum(self.from_nodes(trunk.nodes), batch)
        edge = self.edge(shared + self.from_geometry(geometry)).movedim(-1, 0)
        weight = distance_weight(trunk.distance)
        near = batch.mean_over_pairs(edge, weight)
        sharp = batch.mean_over_pairs(edge.square(), weight).clamp(min=1e-6).sqrt()
        pooled = self.norm(torch.cat([near, sharp]).movedim(0, -1))
        out = self.head(torch.cat([pooled, sample_descriptors(samples, trunk, batch)], dim=-1))
        return Score(out[..., 0] - 1.5, out[..., 1].clamp(-3.0, 1.5))

    def judge(self, score: Score) -> tuple[Tensor, Tensor]:
        """Calibrated ``expected_rmsd`` in Å and ``p_good`` of a score, both of its shape."""
        slope, offset, odds_slope, odds_offset = self.calibration
        expected = torch.exp(slope * score.log_rmsd + offset)
        p_good = torch.sigmoid(odds_slope * good_margin(score) + odds_offset)
        return expected, p_good


def good_margin(score: Score) -> Tensor:
    """By how many standard deviations the predicted RMSD lies below `GOOD_RMSD`."""
    return (math.log(GOOD_RMSD) - score.log_rmsd) / score.log_width.exp()
