"""Training and calibration of the recommender on reactions that the generator has not seen."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from tscreen.model.inference.loading import device_of
from tscreen.model.networks.recommender import GOOD_RMSD, Recommender, Score
from tscreen.model.training.loop import TrainingLoop
from tscreen.model.training.scored import ScoredReaction, collate_scored
from tscreen.model.training.training_draws import augment


def score_loss(score: Score, error: Tensor) -> Tensor:
    """Log-normal likelihood of the true RMSD ``(S, B)`` in Å, and of its being good."""
    width = score.log_width.exp()
    target = error.clamp(min=0.01).log()
    likelihood = (score.log_width + 0.5 * ((target - score.log_rmsd) / width) ** 2).mean()
    good = (error < GOOD_RMSD).to(error.dtype)
    return likelihood + nn.functional.binary_cross_entropy_with_logits(score.good, good)


def regret(score: Score, error: Tensor) -> Tensor:
    """By how many Å a soft ranking's pick is worse than the best sample, as a mean."""
    chosen = torch.softmax(-5.0 * score.log_rmsd, dim=0)
    return ((chosen * error).sum(0) - error.min(0).values).mean()


class RecommenderTraining(TrainingLoop[Recommender, ScoredReaction]):
    """Training on many and on few samples of each reaction."""

    def loss(self, rows: list[ScoredReaction], generator: torch.Generator) -> Tensor:
        """Of the scores, and of the choice by them."""
        device = device_of(self.network)
        one = collate_scored(rows, device)
        keep = _subset(len(one.samples), generator).to(device)
        score = self.network(one.samples[keep], one.expected, augment(one.batch, generator))
        return score_loss(score, one.rmsd[keep]) + 5.0 * regret(score, one.rmsd[keep])


def train_recommender(
    recommender: Recommender,
    rows: Sequence[ScoredReaction],
    *,
    minutes: float,
    seed: int,
    peak: float = 1.0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Fit the ranking on samples of ``rows``, all with equally many samples."""
    training = RecommenderTraining(recommender, rows, max_minutes=minutes, seed=seed)
    training.progress.peak = peak
    training.fit(on_progress)


def _subset(count: int, generator: torch.Generator) -> Tensor:
    """The deterministic sample and some others, so that the recommender knows few and many."""
    sizes = [size for size in (1, 4, 8, 8, 12, 12) if size <= count]
    size = sizes[int(torch.randint(len(sizes), (), generator=generator))]
    others = 1 + torch.randperm(count - 1, generator=generator)[: size - 1]
    return torch.cat([torch.zeros(1, dtype=torch.int64), others])
