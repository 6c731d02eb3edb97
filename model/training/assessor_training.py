"""Training of the assessor on reference and generated structures with their energies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from tscreen.model.inference.loading import device_of
from tscreen.model.networks.assessor import (
    CORRECTION_UNIT,
    Assessment,
    Assessor,
    View,
)
from tscreen.model.networks.recommender import Score
from tscreen.model.reactions.batch import ReactionBatch, collate
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.training.loop import TrainingLoop
from tscreen.model.training.recommender_training import score_loss
from tscreen.model.training.scored import ScoredReaction

STRUCTURES = 3  # of each reaction in a step
REFERENCE_SHARE = 0.2  # of these, the true TS


@dataclass(frozen=True)
class AssessedBatch:
    """Structures with their energies and what the assessor should say of them.

    Attributes:
        batch: the reactions.
        x: structures ``(S, B, N, 3)`` in Å.
        view: their single points.
        rmsd: from the true TS ``(S, B)`` in Å.
        barrier: reference barrier ``(B,)`` in kcal/mol, nan where unknown.
        level: index ``(B,)`` of its level of theory.
        unseen: whether the generator was not trained on it ``(B,)``.
    """

    batch: ReactionBatch
    x: Tensor
    view: View
    rmsd: Tensor
    barrier: Tensor
    level: Tensor
    unseen: Tensor


def usable(rows: Sequence[ScoredReaction]) -> list[ScoredReaction]:
    """The rows whose sides, true TS and at least one sample have energies."""
    return [
        row
        for row in rows
        if row.energies is not None
        and np.isfinite(row.energies.barriers[0])
        and np.isfinite(row.energies.reaction_energy)
        and np.isfinite(row.energies.barriers[1:]).any()
    ]


def levels_of(rows: Sequence[ScoredReaction]) -> list[str]:
    """The levels of theory of the reference barriers, in the order in which they first come."""
    known = (row.reference for row in rows if row.reference.barrier is not None)
    return list(dict.fromkeys(reference.level for reference in known))


def choose_structures(row: ScoredReaction, rng: np.random.Generator) -> list[int]:
    """`STRUCTURES` of those of a row that have energies; 0 is the true TS."""
    assert row.energies is not None
    samples = 1 + np.flatnonzero(np.isfinite(row.energies.barriers[1:]))
    chosen = rng.choice(samples, STRUCTURES)
    return np.where(rng.random(STRUCTURES) < REFERENCE_SHARE, 0, chosen).tolist()


def collate_assessed(
    rows: Sequence[ScoredReaction],
    chosen: Sequence[Sequence[int]],
    levels: Sequence[str],
    device: str,
) -> AssessedBatch:
    """Stack the chosen structures of every row, 0 for the true TS, k for sample k - 1."""
    batch = collate([row.reference.prepared for row in rows]).to(device)
    assert batch.ts is not None
    shape = (len(chosen[0]), *batch.shape, 3)
    x, forces = torch.zeros(shape), torch.zeros(shape)
    barrier = torch.zeros(shape[:2])
    for k, (row, picks) in enumerate(zip(rows, chosen, strict=True)):
        ts = row.reference.prepared.ts
        assert ts is not None
        assert row.energies is not None
        structures = np.concatenate([ts[None], row.samples])
        x[:, k, : row.n_atoms] = torch.from_numpy(structures[list(picks)])
        forces[:, k, : row.n_atoms] = torch.from_numpy(row.energies.forces[list(picks)])
        barrier[:, k] = torch.from_numpy(row.energies.barriers[list(picks)])
    x, forces, barrier = x.to(device), forces.to(device), barrier.to(device)
    reaction_energy = [row.energies.reaction_energy for row in rows if row.energies is not None]
    targets = [row.reference.barrier for row in rows]
    return AssessedBatch(
        batch,
        x,
        View(barrier, torch.tensor(reaction_energy, dtype=torch.float32, device=device), forces),
        rmsd(x, batch.ts.expand_as(x), batch.mask),
        torch.tensor([np.nan if t is None else t for t in targets], device=device).float(),
        torch.tensor([_index(row, levels) for row in rows], device=device),
        torch.tensor([row.unseen for row in rows], device=device),
    )


def _index(row: ScoredReaction, levels: Sequence[str]) -> int:
    return 0 if row.reference.barrier is None else levels.index(row.reference.level)


def barrier_error(found: Assessment, one: AssessedBatch) -> tuple[Tensor, Tensor]:
    """Absolute error and predicted spread, in kcal/mol ``(S, K)``, of the K known barriers."""
    known = torch.isfinite(one.barrier)
    column = one.level[known]
    row = torch.arange(len(one.level), device=column.device)[known]
    error = (found.barrier[:, row, column] - one.barrier[known]).abs()
    return error, found.spread[:, row, column]


def assessor_loss(found: Assessment, one: AssessedBatch) -> Tensor:
    """Error of the barrier, likelihood of its spread, and the loss of the score.

    The true TS is left out of the score, as no generated structure is like it, and so is what was
    generated for a reaction that the generator was trained on.
    """
    loss = one.x.new_zeros(())
    if found.barrier.shape[-1] and torch.isfinite(one.barrier).any():
        error, spread = barrier_error(found, one)
        error, spread = error / CORRECTION_UNIT, spread / CORRECTION_UNIT
        loss = loss + 2.0 * error.mean() + 0.3 * (error.detach() / spread + spread.log()).mean()
    sampled = (one.rmsd > 1e-3) & one.unseen
    if sampled.any():
        s = found.score
        score = Score(s.log_rmsd[sampled], s.log_width[sampled], s.good[sampled])
        loss = loss + 0.3 * score_loss(score, one.rmsd[sampled])
    return loss


class MemberTraining(TrainingLoop[nn.Module, ScoredReaction]):
    """Training of one member on structures drawn anew in each step."""

    def __init__(
        self,
        member: nn.Module,
        rows: Sequence[ScoredReaction],
        levels: Sequence[str],
        *,
        max_minutes: float,
        seed: int,
    ) -> None:
        super().__init__(member, rows, max_minutes=max_minutes, seed=seed)
        self.levels = levels

    def loss(self, rows: list[ScoredReaction], generator: torch.Generator) -> Tensor:
        """See `assessor_loss`."""
        rng = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
        chosen = [choose_structures(row, rng) for row in rows]
        one = collate_assessed(rows, chosen, self.levels, device_of(self.network))
        return assessor_loss(self.network(one.x, one.view, one.batch), one)


def train_assessor(
    assessor: Assessor,
    rows: Sequence[ScoredReaction],
    levels: Sequence[str],
    *,
    minutes: float,
    seed: int,
    peak: float = 1.0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Fit every member on `usable` rows; ``levels`` name the columns of its barriers."""
    count = len(assessor.members)
    for k, member in enumerate(assessor.members):
        training = MemberTraining(member, rows, levels, max_minutes=minutes / count, seed=seed + k)
        training.progress.peak = peak
        training.fit(partial(_share, on_progress, k, count))


def _share(on_progress: Callable[[float], None], k: int, count: int, done: float) -> None:
    on_progress((k + done) / count)
