"""Small fits on held-out reactions that turn scores into probabilities and intervals."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tscreen.model.networks.recommender import GOOD_RMSD

COVERAGE = 0.9
MIN_SLOPE = 0.1
PRIOR_WIDTH = 2.0
LOG_WEIGHTS = (-5.0, 3.0)


def fit_expected(log_rmsd: Tensor, error: Tensor) -> Tensor:
    """Slope and offset of log RMSD ``(R,)`` in the logarithm of the expected error in Å.

    Least squares in the logarithm; the offset takes in the mean of the residuals' exponentials, so
    that the expectation is one of the error and not of its logarithm (smearing; Duan, JASA 1983).
    """
    target = error.clamp(min=0.01).log()
    centred = log_rmsd - log_rmsd.mean()
    slope = (centred * target).sum() / centred.square().sum().clamp(min=1e-6)
    slope = slope.clamp(min=MIN_SLOPE)  # whatever the data say, more must not become less
    offset = target.mean() - slope * log_rmsd.mean()
    smearing = torch.exp(target - slope * log_rmsd - offset).mean().log()
    return torch.stack([slope, offset + smearing])


def fit_odds(log_odds: Tensor, error: Tensor) -> Tensor:
    """Weights (positive) of each column of ``log_odds (R, C)`` and an offset, for P(good).

    Platt scaling (1999) of one or more scores, with a wide normal prior on the logarithms of the
    weights, around equal ones, and on the offset: without it a few rows that are all good, or are
    split perfectly, would make the weights infinite.
    """
    good = (error < GOOD_RMSD).to(log_odds.dtype)
    rows, columns = log_odds.shape
    prior = torch.tensor([-math.log(columns)] * columns + [0.0], device=log_odds.device)
    raw = prior.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([raw], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        odds = log_odds @ raw[:-1].clamp(*LOG_WEIGHTS).exp() + raw[-1]
        loss = nn.functional.binary_cross_entropy_with_logits(odds, good)
        loss = loss + 0.5 * ((raw - prior) / PRIOR_WIDTH).square().sum() / rows
        loss.backward()
        return loss

    optimizer.step(closure)
    raw = raw.detach()
    return torch.cat([raw[:-1].clamp(*LOG_WEIGHTS).exp(), raw[-1:]])


def conformal_factor(error: NDArray[np.floating], spread: NDArray[np.floating]) -> float:
    """Factor on ``spread (R,)`` so that intervals hold `COVERAGE` of new errors ``(R,)``.

    Split conformal prediction with normalised residuals (Lei et al., JASA 2018). Infinite where
    the rows are too few, fewer than nine, for an interval of that coverage.
    """
    rank = math.ceil((len(error) + 1) * COVERAGE)
    return float(np.sort(error / spread)[rank - 1]) if rank <= len(error) else math.inf
