"""Recommender and assessor together: which candidate is kept, and how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax
from torch import Tensor

from tscreen.model.inference.assessment import Assessed
from tscreen.model.inference.calibration import fit_expected, fit_odds
from tscreen.model.inference.generator import Candidates

SHARPNESS = 5.0  # of a soft choice by log RMSD


@dataclass(frozen=True)
class Choice:
    """The candidate that is kept once energies are known.

    Attributes:
        index: among the candidates.
        expected_rmsd: in Å.
        p_good: P(RMSD < 0.2 Å).
    """

    index: int
    expected_rmsd: float
    p_good: float


def choose(fusion: Tensor, candidates: Candidates, assessed: Assessed) -> Choice | None:
    """Weigh recommender and assessor against each other; None where no candidate has energies."""
    log_rmsd = _fused(fusion, candidates, assessed)
    if not np.isfinite(log_rmsd).any():
        return None
    index = int(np.nanargmin(log_rmsd))
    _, _, slope, offset, odds_recommender, odds_assessor, odds_offset = fusion.tolist()
    odds = (
        odds_recommender * candidates.good[index]
        + odds_assessor * assessed.good[index]
        + odds_offset
    )
    return Choice(
        index,
        float(np.exp(slope * log_rmsd[index] + offset)),
        float(expit(odds)),
    )


def _fused(fusion: Tensor, candidates: Candidates, assessed: Assessed) -> NDArray[np.floating]:
    by_recommender, by_assessor = fusion[:2].tolist()
    return by_recommender * candidates.log_rmsd + by_assessor * assessed.log_rmsd


def fit_fusion(
    candidates: Sequence[Candidates],
    assessed: Sequence[Assessed],
    errors: Sequence[NDArray[np.floating]],
) -> Tensor:
    """Seven numbers, from reactions that no scorer was trained on and the true RMSD of candidates.

    Weights of recommender and assessor in the ranking, slope and offset of the expected RMSD, and
    the weights of both and the offset in the log-odds of being good.
    """
    weights = _ranking_weights(candidates, assessed, errors)
    log_rmsd, odds, error = [], [], []
    for one, other, true in zip(candidates, assessed, errors, strict=True):
        fused = _fused(weights, one, other)
        if np.isfinite(fused).any():
            best = int(np.nanargmin(fused))
            log_rmsd.append(fused[best])
            odds.append([one.good[best], other.good[best]])
            error.append(true[best])
    won = torch.tensor(error).float()
    expected = fit_expected(torch.tensor(log_rmsd).float(), won)
    return torch.cat([weights, expected, fit_odds(torch.tensor(odds).float(), won)])


def _ranking_weights(
    candidates: Sequence[Candidates],
    assessed: Sequence[Assessed],
    errors: Sequence[NDArray[np.floating]],
) -> Tensor:
    """Weights, of sum one, whose soft choice has the least mean logarithm of the error."""
    scored = [
        (one.log_rmsd, other.log_rmsd, np.log(np.maximum(error, 0.01)))
        for one, other, error in zip(candidates, assessed, errors, strict=True)
        if len(error) > 1 and np.isfinite(other.log_rmsd).all()
    ]
    options = np.linspace(0.0, 1.0, 21)
    losses = [
        sum(
            float(softmax(-SHARPNESS * ((1 - w) * one + w * other)) @ error)
            for one, other, error in scored
        )
        for w in options
    ]
    best = float(options[int(np.argmin(losses))])
    return torch.tensor([1.0 - best, best])
