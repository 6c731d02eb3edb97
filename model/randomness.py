"""Random numbers that depend on the run's seed and the reaction alone.

Drawn on the CPU for every reaction by itself, they are the same in whichever batch, worker or
machine the reaction is sampled.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.batch import ReactionBatch
from model.prior import PriorChoice

MAX_NOISE = 0.4  # Å
MAX_JITTER = 0.15


@dataclass(frozen=True)
class Randomness:
    """Everything random in sampling S structures of each of B reactions in K steps.

    Attributes:
        choice: which prior each sample starts from.
        pair_noise: ``(S, P)`` standard normal, for the prior's distances.
        level: ``(S, B)`` standard deviation in Å of the noise on the prior.
        noise: ``(K, S, B, N, 3)`` standard normal; first for the start, then one a step.
    """

    choice: PriorChoice
    pair_noise: Tensor
    level: Tensor
    noise: Tensor

    def samples(self, part: slice) -> "Randomness":
        """The same for a part of the samples."""
        choice = PriorChoice(
            self.choice.blend[part], self.choice.start[part], self.choice.jitter[part]
        )
        return Randomness(choice, self.pair_noise[part], self.level[part], self.noise[:, part])


def draw_randomness(
    batch: ReactionBatch, reaction_ids: Sequence[str], n_samples: int, steps: int, seed: int
) -> Randomness:
    """Random numbers of a batch for ``n_samples`` stochastic samples of each reaction."""
    b, n = batch.shape
    uniform = np.empty((4, n_samples, b), dtype=np.float32)
    noise = np.zeros((steps, n_samples, b, n, 3), dtype=np.float32)
    pair_noise = []
    for row, (reaction_id, size) in enumerate(
        zip(reaction_ids, batch.mask.sum(1).tolist(), strict=True)
    ):
        generator = np.random.Generator(np.random.Philox(_key(seed, reaction_id)))
        # sample by sample, so that asking for more samples keeps the earlier ones
        for s in range(n_samples):
            uniform[:, s, row] = generator.random(4, dtype=np.float32)
        pairs = size * (size - 1) // 2
        pair_noise.append(generator.standard_normal((n_samples, pairs), dtype=np.float32))
        noise[:, :, row, :size] = generator.standard_normal(
            (n_samples, steps, size, 3), dtype=np.float32
        ).swapaxes(0, 1)
    random = torch.from_numpy(uniform).to(batch.mask.device)
    choice = PriorChoice(
        blend=0.2 + 0.6 * random[0],
        start=torch.floor(3 * random[1]).clamp(max=2) / 2,
        jitter=MAX_JITTER * random[2],
    )
    return Randomness(
        choice,
        torch.from_numpy(np.concatenate(pair_noise, axis=1)).to(batch.mask.device),
        MAX_NOISE * random[3],
        torch.from_numpy(noise).to(batch.mask.device),
    )


def _key(seed: int, reaction_id: str) -> int:
    digest = hashlib.blake2b(f"{seed}:{reaction_id}".encode(), digest_size=16).digest()
    return int.from_bytes(digest)
