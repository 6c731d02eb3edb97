"""Training of the recommender on reactions that the generator has not been trained on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from model.batch import ReactionBatch, collate
from model.data import ReferenceReaction, batches_by_size
from model.defaults import STEPS
from model.geometry import rmsd
from model.network import TransitionStateNetwork
from model.recommender import GOOD_RMSD, Recommender, Score, good_margin
from model.sampling import sample_structures
from model.trunk import TrunkOutput

N_SAMPLES = 16
MAX_PAIRS = 1500
CALIBRATION_SHARE = 4  # every fourth batch of held-out reactions calibrates, the rest train
RATE = 2e-3
MAX_EPOCHS = 60


@dataclass(frozen=True)
class SampledBatch:
    """Reactions with the trunk's view, samples ``(S, B, N, 3)`` and their true RMSD ``(S, B)``."""

    batch: ReactionBatch
    trunk: TrunkOutput
    samples: Tensor
    rmsd: Tensor


@torch.no_grad()
def sample_references(
    network: TransitionStateNetwork,
    rows: Sequence[ReferenceReaction],
    *,
    n_samples: int,
    steps: int,
    seed: int,
    device: str,
    deadline: float = float("inf"),
) -> list[SampledBatch]:
    """Samples of reactions whose TS is known, until ``deadline`` (monotonic seconds)."""
    sampled = []
    order = np.random.default_rng(seed)  # so that a deadline does not cut the large ones off
    for indices in batches_by_size([r.prepared.n_atoms for r in rows], MAX_PAIRS, order):
        batch = collate([rows[i].prepared for i in indices]).to(device)
        assert batch.ts is not None
        trunk = network.trunk(batch)
        ids = [rows[i].reaction_id for i in indices]
        samples = sample_structures(
            network, trunk, batch, ids, n_samples=n_samples, steps=steps, seed=seed
        )
        error = rmsd(samples, batch.ts.expand_as(samples), batch.mask)
        sampled.append(SampledBatch(batch, trunk, samples, error))
        if time.monotonic() > deadline:
            break
    return sampled


def ranking_loss(score: Score, error: Tensor) -> Tensor:
    """Log-normal likelihood of the true RMSD, plus the RMSD that soft ranking would pick."""
    width = score.log_width.exp()
    target = error.clamp(min=0.01).log()
    likelihood = (score.log_width + 0.5 * ((target - score.log_rmsd) / width) ** 2).mean()
    chosen = torch.softmax(-5.0 * score.log_rmsd, dim=0)
    regret = ((chosen * error).sum(0) - error.min(0).values).mean()
    return likelihood + 5.0 * regret


def train_recommender(
    network: TransitionStateNetwork,
    rows: Sequence[ReferenceReaction],
    *,
    minutes: float,
    seed: int,
    device: str,
) -> Recommender:
    """Fit ranking and calibration on samples of ``rows``; about half the time goes to sampling."""
    start = time.monotonic()
    deadline = start + 60 * minutes
    generator = torch.Generator().manual_seed(seed)
    shuffled = [rows[i] for i in torch.randperm(len(rows), generator=generator).tolist()]
    cut = len(rows) // CALIBRATION_SHARE
    sample = partial(
        sample_references, network, n_samples=N_SAMPLES, steps=STEPS, seed=seed, device=device
    )
    calibrating = sample(shuffled[:cut], deadline=start + 12 * minutes)
    training = sample(shuffled[cut:], deadline=start + 40 * minutes)
    recommender = Recommender(network.config).to(device)
    _fit_ranking(recommender, training, generator, deadline)
    recommender.eval()
    _calibrate(recommender, calibrating)
    return recommender


def _fit_ranking(
    recommender: Recommender,
    sampled: list[SampledBatch],
    generator: torch.Generator,
    deadline: float,
) -> None:
    optimizer = torch.optim.AdamW(recommender.parameters(), lr=RATE, weight_decay=0.05)
    steps = MAX_EPOCHS * len(sampled)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    recommender.train()
    for _ in range(MAX_EPOCHS):
        for index in torch.randperm(len(sampled), generator=generator).tolist():
            one = sampled[index]
            keep = _subset(generator).to(one.rmsd.device)
            score = recommender(one.samples[keep], one.trunk, one.batch)
            ranking_loss(score, one.rmsd[keep]).backward()
            nn.utils.clip_grad_norm_(recommender.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
        if time.monotonic() > deadline:
            break


def _subset(generator: torch.Generator) -> Tensor:
    """The deterministic sample and some others, so that the recommender knows few and many."""
    sizes = (1, 4, 8, N_SAMPLES, N_SAMPLES, N_SAMPLES)
    size = sizes[int(torch.randint(len(sizes), (), generator=generator))]
    others = 1 + torch.randperm(N_SAMPLES - 1, generator=generator)[: size - 1]
    return torch.cat([torch.zeros(1, dtype=torch.int64), others])


@torch.no_grad()
def _winners(recommender: Recommender, sampled: list[SampledBatch]) -> tuple[Score, Tensor]:
    """Score and true RMSD ``(R,)`` of the recommended sample of every reaction."""
    log_rmsd, log_width, error = [], [], []
    for one in sampled:
        score = recommender(one.samples, one.trunk, one.batch)
        best = score.log_rmsd.argmin(0, keepdim=True)
        log_rmsd.append(score.log_rmsd.gather(0, best)[0])
        log_width.append(score.log_width.gather(0, best)[0])
        error.append(one.rmsd.gather(0, best)[0])
    return Score(torch.cat(log_rmsd), torch.cat(log_width)), torch.cat(error)


def _calibrate(recommender: Recommender, sampled: list[SampledBatch]) -> None:
    """Fit the four calibration numbers; slopes stay positive, so the order of trust is kept."""
    score, error = _winners(recommender, sampled)
    good = (error < GOOD_RMSD).float()
    margin = good_margin(score)
    raw = torch.zeros(4, device=error.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([raw], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        expected = torch.exp(raw[0].exp() * score.log_rmsd + raw[1])
        odds = raw[2].exp() * margin + raw[3]
        loss = (expected - error).abs().mean()
        loss = loss + nn.functional.binary_cross_entropy_with_logits(odds, good)
        loss = loss + 1e-3 * raw.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    slope, offset, odds_slope, odds_offset = raw.detach()
    recommender.calibration.copy_(torch.stack([slope.exp(), offset, odds_slope.exp(), odds_offset]))
