"""Small fits on held-out reactions that turn scores into probabilities and intervals."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.recommender import GOOD_RMSD

COVERAGE = 0.9
MIN_SLOPE = 0.1


def fit_numbers(loss: Callable[[Tensor], Tensor], start: list[float]) -> Tensor:
    """The few numbers that minimise ``loss``, kept near ``start`` where the data do not care."""
    first = torch.tensor(start)
    numbers = first.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([numbers], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(numbers) + 1e-3 * (numbers - first).square().sum()
        value.backward()
        return value

    optimizer.step(closure)
    return numbers.detach()


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

    Platt scaling (1999) of one or more scores.
    """
    good = (error < GOOD_RMSD).to(log_odds.dtype)
    columns = log_odds.shape[1]

    def loss(raw: Tensor) -> Tensor:
        odds = log_odds @ raw[:-1].exp() + raw[-1]
        return nn.functional.binary_cross_entropy_with_logits(odds, good)

    raw = fit_numbers(loss, [-math.log(columns)] * columns + [0.0])
    return torch.cat([raw[:-1].exp(), raw[-1:]])


def conformal_factor(error: NDArray[np.floating], spread: NDArray[np.floating]) -> float:
    """Factor on ``spread (R,)`` so that intervals hold `COVERAGE` of new errors ``(R,)``.

    Split conformal prediction with normalised residuals (Lei et al., JASA 2018). Infinite where
    the rows are too few, fewer than nine, for an interval of that coverage.
    """
    rank = math.ceil((len(error) + 1) * COVERAGE)
    return float(np.sort(error / spread)[rank - 1]) if rank <= len(error) else math.inf
