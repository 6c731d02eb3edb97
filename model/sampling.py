"""From priors to transition states: a deterministic and a stochastic sampler on one network."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from model.batch import ReactionBatch
from model.geometry import superpose
from model.network import TransitionStateNetwork, interpolate
from model.prior import build_prior, midpoint
from model.randomness import Randomness, draw_randomness
from model.trunk import TrunkOutput

# Pairs times samples that go through the denoiser at once; bounds memory, and on a CPU keeps the
# working set near its caches.
PAIR_SAMPLES = {"cpu": 30_000, "cuda": 3_000_000}

Predict = Callable[[Tensor, Tensor, Tensor], Tensor]


def ode(predict: Predict, prior: Tensor, random: Randomness, mask: Tensor) -> Tensor:
    """Euler steps along the flow from the noised prior, as many as there are noise draws.

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
DEFAULT_SAMPLER = "ode"


@torch.no_grad()
def sample_structures(
    network: TransitionStateNetwork,
    trunk: TrunkOutput,
    batch: ReactionBatch,
    reaction_ids: Sequence[str],
    *,
    n_samples: int,
    steps: int,
    seed: int,
    sampler: str = DEFAULT_SAMPLER,
) -> Tensor:
    """Transition states ``(S, B, N, 3)`` in Å of every reaction of the batch.

    The first sample is the deterministic one, made in one step from the midpoint of reactant and
    product; the others come from ``sampler``. All share the trunk's output. Samples go through in
    parts that fit `PAIR_SAMPLES`.
    """
    views = network.denoiser.condition(trunk)

    def predict(x: Tensor, time: Tensor, noise: Tensor) -> Tensor:
        return network.denoiser(x, time, noise, trunk, views, batch)

    middle = build_prior(batch, midpoint(batch))
    zero = middle.new_zeros(middle.shape[:2])
    parts = [predict(middle, zero, zero)]
    random = draw_randomness(batch, reaction_ids, n_samples - 1, steps, seed)
    at_once = max(1, PAIR_SAMPLES[batch.mask.device.type] // max(1, len(batch.upper)))
    for start in range(0, n_samples - 1, at_once):
        part = random.samples(slice(start, start + at_once))
        prior = build_prior(batch, part.choice, part.pair_noise)
        parts.append(SAMPLERS[sampler](predict, prior, part, batch.mask))
    return torch.cat(parts)
