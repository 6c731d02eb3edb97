"""From priors to transition states: a deterministic and a stochastic sampler on one network."""

from collections.abc import Callable

import torch
from torch import Tensor

from model.batch import ReactionBatch
from model.geometry import superpose
from model.network import TransitionStateNetwork, interpolate
from model.prior import build_prior
from model.randomness import Randomness
from model.trunk import TrunkOutput

# Pairs times samples that go through the denoiser at once; bounds memory, and on a CPU keeps the
# working set near its caches.
PAIR_SAMPLES = {"cpu": 30_000, "cuda": 3_000_000}

Predict = Callable[[Tensor, Tensor, Tensor], Tensor]


def ode(predict: Predict, prior: Tensor, random: Randomness, mask: Tensor) -> Tensor:
    """Euler steps along the flow from the noised prior; one step when there is one noise draw.

    ``predict(x, time, noise)`` gives the clean TS; returns ``(S, B, N, 3)`` in Å.
    """
    steps = len(random.noise)
    x = _noised(prior, random, 0, mask)
    for k in range(steps):
        time = torch.full_like(random.level, k / steps)
        clean = predict(x, time, random.level * (1 - time))
        x = x + (superpose(clean, x, mask) - x) / (steps - k)
    return x


def stochastic(predict: Predict, prior: Tensor, random: Randomness, mask: Tensor) -> Tensor:
    """Like `ode`, but every step starts from the prior noised afresh, which widens the samples."""
    steps = len(random.noise)
    x = _noised(prior, random, 0, mask)
    clean = x
    for k in range(steps):
        time = torch.full_like(random.level, k / steps)
        if k:
            x = interpolate(_noised(prior, random, k, mask), clean, time)
        clean = superpose(predict(x, time, random.level * (1 - time)), prior, mask)
    return clean


def _noised(prior: Tensor, random: Randomness, step: int, mask: Tensor) -> Tensor:
    return prior + random.level[..., None, None] * random.noise[step] * mask.unsqueeze(-1)


SAMPLERS: dict[str, Callable[[Predict, Tensor, Randomness, Tensor], Tensor]] = {
    "ode": ode,
    "stochastic": stochastic,
}


@torch.no_grad()
def sample_structures(
    network: TransitionStateNetwork,
    trunk: TrunkOutput,
    batch: ReactionBatch,
    random: Randomness,
    sampler: str = "stochastic",
) -> Tensor:
    """Transition states ``(S, B, N, 3)`` in Å of every reaction of the batch.

    The trunk's output is shared by all samples and steps. Samples go through in parts that fit
    `PAIR_SAMPLES`.
    """
    views = network.denoiser.condition(trunk)

    def predict(x: Tensor, time: Tensor, noise: Tensor) -> Tensor:
        return network.denoiser(x, time, noise, trunk, views, batch)

    n_samples = len(random.level)
    at_once = max(1, PAIR_SAMPLES[batch.mask.device.type] // max(1, len(batch.upper)))
    parts = []
    for start in range(0, n_samples, at_once):
        part = random.samples(slice(start, start + at_once))
        prior = build_prior(batch, part.choice, part.pair_noise)
        parts.append(SAMPLERS[sampler](predict, prior, part, batch.mask))
    return torch.cat(parts)
