"""Reactions in, recommended transition states out: trunk, sampler and recommender together."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import Generator, device_of
from tscreen.model.inference.memory import batch_size
from tscreen.model.inference.sampling import sample_structures
from tscreen.model.networks.recommender import Score, ranking
from tscreen.model.reactions.batch import PreparedReaction, ReactionBatch, collate, prepare
from tscreen.model.reactions.data import batches_by_size
from tscreen.model.reactions.geometry import rmsd
from tscreen.schemas.reaction import Reaction

N_CANDIDATES = 3
DISTINCT_RMSD = 0.15  # Å; nearer samples count as the same structure
NO_ODDS = -30.0  # of being good, where atoms collide
NO_TURNS = nullcontext()


@dataclass(frozen=True)
class ScoredSamples:
    """Samples of a batch and what the recommender says of them.

    Attributes:
        samples: ``(S, B, N, 3)`` in Å.
        score: of every sample, each ``(S, B)``.
        rank: the lower, the better ``(S, B)``.
        expected_rmsd: calibrated, in Å ``(S, B)``.
        p_good: P(RMSD < 0.2 Å) ``(S, B)``; zero where atoms collide.
    """

    samples: Tensor
    score: Score
    rank: Tensor
    expected_rmsd: Tensor
    p_good: Tensor


@dataclass(frozen=True)
class Candidates:
    """Distinct structures of one reaction of N atoms, the recommended one first.

    Attributes:
        structures: ``(K, N, 3)`` in Å.
        log_rmsd: what the recommender ranks them by ``(K,)``, the lowest best.
        good: its log-odds of an RMSD under 0.2 Å ``(K,)``, very low where atoms collide.
    """

    structures: NDArray[np.float32]
    log_rmsd: NDArray[np.float32]
    good: NDArray[np.float32]


@dataclass(frozen=True)
class RatedSamples:
    """All S samples of one reaction of N atoms, in the order of their rank.

    Attributes:
        structures: ``(S, N, 3)`` in Å.
        expected_rmsd: of each, in Å ``(S,)``.
        p_good: of each ``(S,)``, zero where atoms collide.
    """

    structures: NDArray[np.float32]
    expected_rmsd: NDArray[np.float32]
    p_good: NDArray[np.float32]


@dataclass(frozen=True)
class Recommendation:
    """What is known of one reaction's TS after sampling.

    Attributes:
        candidates: the recommended structure and some that differ from it.
        expected_rmsd: of the recommended one, in Å.
        p_good: probability that it lies within 0.2 Å of the true TS.
        sample_spread: mean RMSD of the other samples from it, in Å.
        samples: all of them.
    """

    candidates: Candidates
    expected_rmsd: float
    p_good: float
    sample_spread: float
    samples: RatedSamples


@torch.no_grad()
def sample_and_score(
    model: Generator, batch: ReactionBatch, reaction_ids: Sequence[str], sampling: Sampling
) -> ScoredSamples:
    """Sample every reaction of the batch and score the samples."""
    trunk = model.network.trunk(batch)
    samples = sample_structures(model.network, trunk, batch, reaction_ids, sampling)
    score = model.recommender(samples, trunk, batch)
    expected, p_good = model.recommender.calibrated(score)
    clash = batch.clashes(samples)
    score = replace(score, good=score.good.masked_fill(clash, NO_ODDS))
    return ScoredSamples(samples, score, ranking(score, samples, batch), expected, p_good * ~clash)


def recommend(
    model: Generator,
    reactions: Sequence[Reaction],
    sampling: Sampling,
    *,
    turn: AbstractContextManager = NO_TURNS,
) -> list[Recommendation]:
    """The recommended TS of every reaction, in order.

    What comes out for a reaction depends on the seed and its ``reaction_id``, not on its company.
    The device is used within ``turn``, a lock where several threads share it: one of them prepares
    its reactions meanwhile.
    """
    prepared = [prepare(reaction) for reaction in reactions]
    with turn:
        return _recommend(model, reactions, prepared, sampling)


def _recommend(
    model: Generator,
    reactions: Sequence[Reaction],
    prepared: Sequence[PreparedReaction],
    sampling: Sampling,
) -> list[Recommendation]:
    device = device_of(model.network)
    out: dict[int, Recommendation] = {}
    sizes = [p.n_atoms for p in prepared]
    for indices in batches_by_size(sizes, batch_size(device).pairs_with(sampling.n_samples)):
        batch = collate([prepared[i] for i in indices]).to(device)
        ids = [reactions[i].reaction_id for i in indices]
        scored = sample_and_score(model, batch, ids, sampling)
        for index, recommendation in zip(indices, pick(scored, batch), strict=True):
            out[index] = recommendation
    return [out[index] for index in range(len(reactions))]


def pick(scored: ScoredSamples, batch: ReactionBatch) -> list[Recommendation]:
    """The best sample of every reaction, and up to two that differ from it."""
    chosen, spread = _distinct(scored, batch)
    samples, rank, good = (
        x.cpu().numpy() for x in (scored.samples, scored.rank, scored.score.good)
    )
    expected, p_good = scored.expected_rmsd.cpu().numpy(), scored.p_good.cpu().numpy()
    out = []
    for row, (size, picks) in enumerate(zip(batch.mask.sum(1).tolist(), chosen, strict=True)):
        found = Candidates(samples[picks, row, :size], rank[picks, row], good[picks, row])
        best, order = (picks[0], row), np.argsort(rank[:, row], kind="stable")
        rated = RatedSamples(samples[order, row, :size], expected[order, row], p_good[order, row])
        told = float(expected[best]), float(p_good[best]), float(spread[row])
        out.append(Recommendation(found, *told, rated))
    return out


def _distinct(scored: ScoredSamples, batch: ReactionBatch) -> tuple[list[list[int]], Tensor]:
    """Samples of every reaction, best first, and how far the others lie from the best, Å."""
    b, _ = batch.shape
    column = torch.arange(b, device=batch.mask.device)
    rank = scored.rank.clone()
    choices, taken, spread = [], [], torch.zeros(b)
    for count in range(N_CANDIDATES):
        choice = rank.argmin(0)
        choices.append(choice)
        taken.append(torch.isfinite(rank[choice, column]))
        deviation = rmsd(scored.samples, scored.samples[choice, column], batch.mask)
        if count == 0:
            spread = deviation.sum(0) / max(1, len(rank) - 1)
        rank[deviation < DISTINCT_RMSD] = float("inf")
        rank[choice, column] = float("inf")
    # Once for all reactions: a GPU is waited for whenever a number is read.
    told = zip(*(torch.stack(x, dim=1).tolist() for x in (choices, taken)), strict=True)
    return [[one for one, good in zip(*row, strict=True) if good] for row in told], spread.cpu()
