"""From structures and their single points to the TS that is kept, its certainty and its barrier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax
from torch import Tensor

from tscreen.model.inference.calibration import fit_expected, fit_odds
from tscreen.model.inference.generator import Candidates
from tscreen.model.networks.assessor import Assessment, Assessor, View
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import batches_by_size
from tscreen.model.reactions.energies import Energies
from tscreen.model.weights import Level
from tscreen.schemas.reaction import Reaction

MAX_PAIRS = 3_000  # per pass
SHARPNESS = 5.0  # of a soft choice by log RMSD


@dataclass(frozen=True)
class Barrier:
    """A predicted barrier and its 90 % interval, kcal/mol, at a level of theory."""

    value: float
    low: float
    high: float
    level: str


@dataclass(frozen=True)
class Assessed:
    """What the assessor makes of the K structures of one reaction.

    Attributes:
        log_rmsd: predicted log(RMSD / Å) ``(K,)``.
        good: log-odds of an RMSD under 0.2 Å ``(K,)``.
        barrier: at every level ``(K, levels)``, kcal/mol.
        spread: expected absolute error of these ``(K, levels)``.
    """

    log_rmsd: NDArray[np.float32]
    good: NDArray[np.float32]
    barrier: NDArray[np.float32]
    spread: NDArray[np.float32]

    def barrier_of(
        self, structure: int, reaction: Reaction, levels: Sequence[Level]
    ) -> Barrier | None:
        """The barrier by one of the structures, at the first level that covers the reaction."""
        for index, level in enumerate(levels):
            if level.covers(reaction.atomic_numbers.tolist()):
                value = float(self.barrier[structure, index])
                margin = level.interval * float(self.spread[structure, index])
                return Barrier(value, value - margin, value + margin, level.name)
        return None


@torch.no_grad()
def assess(
    assessor: Assessor,
    reactions: Sequence[Reaction],
    structures: Sequence[NDArray[np.float32]],
    energies: Sequence[Energies],
    device: str,
) -> list[Assessed]:
    """Assess structures ``(K, N, 3)`` in Å of every reaction, in order.

    What cannot be said because a single point is missing is nan.
    """
    prepared = [prepare(reaction) for reaction in reactions]
    out: dict[int, Assessed] = {}
    for indices in batches_by_size([p.n_atoms for p in prepared], MAX_PAIRS):
        batch = collate([prepared[i] for i in indices]).to(device)
        count = max(len(structures[i]) for i in indices)
        x = torch.zeros(count, *batch.shape, 3)
        forces, barrier = torch.zeros_like(x), torch.zeros(count, len(indices))
        for row, i in enumerate(indices):
            k, n = structures[i].shape[:2]
            x[:k, row, :n] = torch.from_numpy(np.ascontiguousarray(structures[i]))
            x[k:, row] = x[0, row]  # as good as any to fill up with
            forces[:k, row, :n] = torch.from_numpy(energies[i].forces)
            barrier[:k, row] = torch.from_numpy(energies[i].barriers)
        reaction_energy = torch.tensor([energies[i].reaction_energy for i in indices]).float()
        view = View(barrier.to(device), reaction_energy.to(device), forces.to(device))
        found = assessor(x.to(device), view, batch)
        for row, i in enumerate(indices):
            out[i] = _row(found, row, len(structures[i]))
    return [out[index] for index in range(len(reactions))]


def _row(found: Assessment, row: int, count: int) -> Assessed:
    parts = (found.score.log_rmsd, found.score.good, found.barrier, found.spread)
    return Assessed(*(part[:count, row].cpu().numpy() for part in parts))


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
