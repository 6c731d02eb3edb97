"""Reactions in, recommended transition states out: trunk, sampler and recommender together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.batch import ReactionBatch, collate, prepare
from model.data import batches_by_size
from model.geometry import rmsd
from model.loading import TrainedModel
from model.sampling import sample_structures
from schemas.reaction import Reaction

MAX_PAIRS = {"cpu": 1_500, "cuda": 100_000}  # per trunk pass
N_CANDIDATES = 3
DISTINCT_RMSD = 0.15  # Å; nearer samples count as the same structure
CLASH_PENALTY = 3.0  # on log RMSD: a structure whose atoms collide is no transition state


@dataclass(frozen=True)
class Judged:
    """Samples of a batch and what the recommender says of them.

    Attributes:
        samples: ``(S, B, N, 3)`` in Å.
        log_rmsd: the score, lower is better ``(S, B)``; worse where atoms collide.
        expected_rmsd: calibrated, in Å ``(S, B)``.
        p_good: P(RMSD < 0.2 Å) ``(S, B)``; zero where atoms collide.
    """

    samples: Tensor
    log_rmsd: Tensor
    expected_rmsd: Tensor
    p_good: Tensor


@dataclass(frozen=True)
class Recommendation:
    """What is known of one reaction's TS after sampling.

    Attributes:
        candidates: distinct structures, each ``(N, 3)`` in Å, the recommended one first.
        expected_rmsd: of the recommended one, in Å.
        p_good: probability that it lies within 0.2 Å of the true TS.
        sample_spread: mean RMSD of the other samples from it, in Å.
    """

    candidates: list[NDArray[np.float32]]
    expected_rmsd: float
    p_good: float
    sample_spread: float


@torch.no_grad()
def sample_and_judge(
    model: TrainedModel,
    batch: ReactionBatch,
    reaction_ids: Sequence[str],
    *,
    n_samples: int,
    steps: int,
    seed: int,
) -> Judged:
    """Sample every reaction of the batch and score the samples."""
    trunk = model.network.trunk(batch)
    samples = sample_structures(
        model.network,
        trunk,
        batch,
        reaction_ids,
        n_samples=n_samples,
        steps=steps,
        seed=seed,
    )
    score = model.recommender(samples, trunk, batch)
    expected, p_good = model.recommender.judge(score)
    clash = batch.clashes(samples)
    return Judged(samples, score.log_rmsd + CLASH_PENALTY * clash, expected, p_good * ~clash)


def recommend(
    model: TrainedModel,
    reactions: Sequence[Reaction],
    *,
    n_samples: int,
    steps: int,
    seed: int,
    device: str,
) -> list[Recommendation]:
    """The recommended TS of every reaction, in order.

    What comes out for a reaction depends on ``seed`` and its ``reaction_id``, not on its company.
    """
    prepared = [prepare(reaction) for reaction in reactions]
    out: dict[int, Recommendation] = {}
    for indices in batches_by_size([p.n_atoms for p in prepared], MAX_PAIRS[device]):
        batch = collate([prepared[i] for i in indices]).to(device)
        ids = [reactions[i].reaction_id for i in indices]
        judged = sample_and_judge(model, batch, ids, n_samples=n_samples, steps=steps, seed=seed)
        for index, recommendation in zip(indices, _pick(judged, batch), strict=True):
            out[index] = recommendation
    return [out[index] for index in range(len(reactions))]


def _pick(judged: Judged, batch: ReactionBatch) -> list[Recommendation]:
    """The best sample and up to two that differ from it, of every reaction."""
    b, _ = batch.shape
    column = torch.arange(b, device=batch.mask.device)
    best = judged.log_rmsd.argmin(0)
    score = judged.log_rmsd.clone()
    picks: list[list[int]] = [[] for _ in range(b)]
    spread = torch.zeros(b)
    choice = best
    for rank in range(N_CANDIDATES):
        deviation = rmsd(judged.samples, judged.samples[choice, column], batch.mask)
        if rank == 0:
            spread = deviation.sum(0) / max(1, len(score) - 1)
        open_to_choice = torch.isfinite(score[choice, column])
        for row in open_to_choice.nonzero().flatten().tolist():
            picks[row].append(int(choice[row]))
        score[deviation < DISTINCT_RMSD] = float("inf")
        score[choice, column] = float("inf")
        choice = score.argmin(0)
    samples = judged.samples.cpu().numpy()
    sizes = batch.mask.sum(1).tolist()
    expected = judged.expected_rmsd[best, column].tolist()
    p_good = judged.p_good[best, column].tolist()
    return [
        Recommendation(
            [samples[s, row, : sizes[row]].copy() for s in picks[row]],
            expected[row],
            p_good[row],
            float(spread[row]),
        )
        for row in range(b)
    ]
