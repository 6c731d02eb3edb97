"""The training loop of recommender and assessor: a time budget, a falling rate, an average."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from tscreen.model.reactions.data import epoch_batches
from tscreen.model.training.optimizer import MovingAverage, build_optimizers, set_rate
from tscreen.model.training.scored import ScoredReaction

MAX_PAIRS = 2900  # per batch: 32 reactions of 14 atoms
GRADIENT_CLIP = 5.0

Loss = Callable[[list[ScoredReaction], torch.Generator], Tensor]


def fit(
    scorer: nn.Module,
    rows: Sequence[ScoredReaction],
    loss: Loss,
    *,
    minutes: float,
    seed: int,
    on_progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Minimise ``loss`` over batches of ``rows``; leaves the averaged weights in ``scorer``.

    ``on_progress`` is told the share of the time budget that is used.
    """
    optimizers = build_optimizers(scorer)
    average = MovingAverage(scorer)
    start = time.monotonic()
    scorer.train()
    for step, batch in enumerate(_batches(rows, seed)):
        done = (time.monotonic() - start) / (60 * minutes)
        if done >= 1.0:
            break
        generator = torch.manual_seed(seed * 1_000_003 + step)  # dropout too
        loss(batch, generator).backward()
        nn.utils.clip_grad_norm_(scorer.parameters(), GRADIENT_CLIP)
        set_rate(optimizers, step, done, peak=1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        average.update(scorer, step)
        on_progress(done)
    scorer.load_state_dict(average.shadow)
    scorer.eval()


def _batches(rows: Sequence[ScoredReaction], seed: int) -> Iterator[list[ScoredReaction]]:
    """Batches of one epoch after the other, without end."""
    atoms = np.array([row.n_atoms for row in rows])
    epoch = 0
    while True:
        for batch in epoch_batches(atoms, MAX_PAIRS, seed, epoch):
            yield [rows[i] for i in batch]
        epoch += 1
