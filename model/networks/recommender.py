"""The recommender: how far is a sampled transition state from the true one?

It reads every sample with a `StructureEncoder`, in the light of what the generator expected and of
the reaction's other samples, and predicts the logarithm of the sample's RMSD, how sure it is of
that, and whether the sample is good. Ranking picks the sample; a calibration fitted on reactions
that neither network was trained on turns the winner's score into ``expected_rmsd`` and ``p_good``
= P(RMSD < 0.2 Å).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.encoder import EncoderConfig, StructureEncoder
from tscreen.model.networks.layers import RadialBasis
from tscreen.model.networks.trunk import Expectation
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import distance_weight
from tscreen.model.reactions.handedness import (
    N_ATOM_INVARIANTS,
    N_INVARIANTS,
    displacement,
    side_fit,
)

GOOD_RMSD = 0.2  # Å
CLASH_PENALTY = 3.0  # on log RMSD: a structure whose atoms collide is no transition state
TYPICAL_LOG_RMSD = -1.5
N_MISMATCH = 12
N_SUMMARIES = 7


@dataclass(frozen=True)
class Score:
    """What is predicted of every sample, each ``(S, B)``.

    Attributes:
        log_rmsd: mean of log(RMSD / Å), as a log-normal.
        log_width: logarithm of its standard deviation.
        good: log-odds of an RMSD under `GOOD_RMSD`.
    """

    log_rmsd: Tensor
    log_width: Tensor
    good: Tensor

    def of(self, chosen: Tensor) -> "Score":
        """That of one sample of each reaction, ``chosen (B,)``, each ``(B,)``."""
        column = torch.arange(len(chosen), device=chosen.device)
        return Score(*(x[chosen, column] for x in (self.log_rmsd, self.log_width, self.good)))

    @classmethod
    def from_head(cls, out: Tensor) -> "Score":
        """From the three outputs ``(S, B, 3)`` of a network's head."""
        return cls(out[..., 0] + TYPICAL_LOG_RMSD, out[..., 1].clamp(-3.0, 1.5), out[..., 2])


class Recommender(nn.Module):
    """Scores samples; see `Score`."""

    calibration: Tensor

    def __init__(self, config: EncoderConfig | None = None):
        super().__init__()
        self.config = config = config or EncoderConfig()
        self.mismatch = RadialBasis(N_MISMATCH, -0.8, 0.8)
        self.encoder = StructureEncoder(
            config, pair_inputs=N_MISMATCH + 4, atom_inputs=N_ATOM_INVARIANTS + 1
        )
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(self.encoder.width + N_INVARIANTS + N_SUMMARIES, 96),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(96, 3),
        )
        # slope and offset of log RMSD, slope and offset of the log-odds of being good
        self.register_buffer("calibration", torch.tensor([1.0, 0.0, 1.0, 0.0]))

    def forward(self, samples: Tensor, expected: Expectation, batch: ReactionBatch) -> Score:
        """Score of ``samples (S, B, N, 3)`` in Å, the first of them the deterministic one."""
        fit = side_fit(samples, batch)
        from_first = displacement(samples, samples[:1], batch.mask).clamp(max=3.0).unsqueeze(-1)
        read = self.encoder(
            samples,
            self._pair_features(samples, expected, batch),
            torch.cat([fit.atoms, from_first], dim=-1),
            batch,
        )
        summaries = summarise(samples, expected, batch)
        return Score.from_head(self.head(torch.cat([read, fit.whole, summaries], dim=-1)))

    def _pair_features(
        self, samples: Tensor, expected: Expectation, batch: ReactionBatch
    ) -> Tensor:
        """Of every pair: off what was expected, and off the other samples ``(S, P, 16)``."""
        d = batch.pair_distances(samples)
        off = d - expected.distance
        doubt = expected.spread.expand_as(d)
        variety = d.std(0, unbiased=False, keepdim=True).expand_as(d)
        numbers = [
            (off / doubt).clamp(-5, 5),
            doubt.clamp(min=1e-3).log(),
            variety.clamp(min=1e-2).log(),
            ((d - d.mean(0, keepdim=True)) / 0.2).clamp(-5, 5),
        ]
        return torch.cat([self.mismatch(off), torch.stack(numbers, dim=-1)], dim=-1)

    def calibrated(self, score: Score) -> tuple[Tensor, Tensor]:
        """Calibrated ``expected_rmsd`` in Å and ``p_good`` of a score, both of its shape."""
        slope, offset, odds_slope, odds_offset = self.calibration
        expected = torch.exp(slope * score.log_rmsd + offset)
        return expected, torch.sigmoid(odds_slope * score.good + odds_offset)


def ranking(score: Score, samples: Tensor, batch: ReactionBatch) -> Tensor:
    """What samples are ordered by ``(S, B)``, the best lowest; colliding atoms cost much."""
    return score.log_rmsd + CLASH_PENALTY * batch.clashes(samples)


def summarise(samples: Tensor, expected: Expectation, batch: ReactionBatch) -> Tensor:
    """Numbers ``(S, B, N_SUMMARIES)`` that place each sample among the others, as a whole.

    Disagreement with the expected distances, deviation from the other samples and from the first,
    whether it is the first, the generator's own doubt, the samples' variety, and their number.
    """
    d = batch.pair_distances(samples)
    weight = distance_weight(expected.distance)
    mean, spread = d.mean(0, keepdim=True), d.std(0, unbiased=False)
    mismatch = batch.mean_over_pairs((d - expected.distance).abs(), weight)
    is_first = torch.zeros_like(mismatch)
    is_first[0] = 1.0
    numbers = [
        mismatch.clamp(min=1e-3).log(),
        batch.mean_over_pairs((d - mean).abs(), weight).clamp(min=1e-3).log(),
        batch.mean_over_pairs((d - d[:1]).abs(), weight).clamp(min=1e-2).log(),
        is_first,
        batch.mean_over_pairs(expected.spread, weight).clamp(min=1e-3).log().expand_as(mismatch),
        batch.mean_over_pairs(spread, weight).clamp(min=1e-3).log().expand_as(mismatch),
        torch.full_like(mismatch, math.log(len(samples))),
    ]
    return torch.stack(numbers, dim=-1)
