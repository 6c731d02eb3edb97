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

from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.prior import PriorChoice, build_prior

MIN_NOISE, MAX_NOISE = 0.1, 0.5  # Å
MAX_JITTER = 0.15


@dataclass(frozen=True)
class Randomness:
    """Everything random in S structures of each of B reactions; nothing in the first of them.

    Attributes:
        choice: which prior each sample starts from.
        pair_noise: ``(S, P)`` standard normal, for the prior's distances.
        level: ``(S, B)`` standard deviation in Å of the noise on the prior.
        noise: ``(S, B, N, 3)`` standard normal.
    """

    choice: PriorChoice
    pair_noise: Tensor
    level: Tensor
    noise: Tensor

    @classmethod
    def of(cls, uniform: Tensor, pair_noise: Tensor, noise: Tensor) -> "Randomness":
        """From ``uniform (4, S, B)`` and normal numbers; the first sample is the deterministic one.

        That is the midpoint prior, neither jitter nor noise.
        """
        random = cls(
            PriorChoice(
                blend=0.2 + 0.6 * uniform[0],
                start=torch.floor(3 * uniform[1]).clamp(max=2) / 2,
                jitter=MAX_JITTER * uniform[2],
            ),
            pair_noise,
            MIN_NOISE + (MAX_NOISE - MIN_NOISE) * uniform[3],
            noise,
        )
        random.choice.blend[0] = random.choice.start[0] = 0.5
        random.choice.jitter[0] = random.level[0] = 0.0
        return random

    def samples(self, part: slice) -> "Randomness":
        """The same for a part of the samples."""
        choice = PriorChoice(
            self.choice.blend[part], self.choice.start[part], self.choice.jitter[part]
        )
        return Randomness(choice, self.pair_noise[part], self.level[part], self.noise[part])

    def starts(self, batch: ReactionBatch) -> Tensor:
        """The noised priors ``(S, B, N, 3)`` in Å."""
        return self.noised(build_prior(batch, self.choice, self.pair_noise), batch)

    def noised(self, prior: Tensor, batch: ReactionBatch) -> Tensor:
        """Priors ``(S, B, N, 3)`` in Å with the noise on them."""
        return prior + self.level[..., None, None] * self.noise * batch.mask.unsqueeze(-1)


def draw_randomness(
    batch: ReactionBatch, reaction_ids: Sequence[str], n_samples: int, seed: int
) -> Randomness:
    """Random numbers of a batch for ``n_samples`` samples of each reaction."""
    b, n = batch.shape
    uniform = np.empty((4, n_samples, b), dtype=np.float32)
    noise = np.zeros((n_samples, b, n, 3), dtype=np.float32)
    pair_noise = []
    for row, (reaction_id, size) in enumerate(
        zip(reaction_ids, batch.mask.sum(1).tolist(), strict=True)
    ):
        generator = np.random.Generator(np.random.Philox(_key(seed, reaction_id)))
        pairs = np.empty((n_samples, size * (size - 1) // 2), dtype=np.float32)
        # sample by sample, so that asking for more samples keeps the earlier ones
        for s in range(n_samples):
            uniform[:, s, row] = generator.random(4, dtype=np.float32)
            generator.standard_normal(out=pairs[s], dtype=np.float32)
            noise[s, row, :size] = generator.standard_normal((size, 3), dtype=np.float32)
        pair_noise.append(pairs)
    arrays = (uniform, np.concatenate(pair_noise, axis=1), noise)
    return Randomness.of(*(torch.from_numpy(a).to(batch.mask.device) for a in arrays))


def _key(seed: int, reaction_id: str) -> int:
    digest = hashlib.blake2b(f"{seed}:{reaction_id}".encode(), digest_size=16).digest()
    return int.from_bytes(digest)
