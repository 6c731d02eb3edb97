"""From priors to transition states: Euler steps along the network's own path."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.memory import batch_size
from tscreen.model.networks.network import Denoise, TransitionStateNetwork
from tscreen.model.networks.trunk import TrunkOutput
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import superpose
from tscreen.model.reactions.randomness import draw_randomness


def ode(denoise: Denoise, start: Tensor, level: Tensor, mask: Tensor, steps: int) -> Tensor:
    """Euler steps from ``start (S, B, N, 3)`` in Å, noised by ``level (S, B)`` Å, to the clean TS.

    The last step lands on the network's answer, so one step is the answer to the start itself.
    """
    x = start
    for k in range(steps):
        time = torch.full_like(level, k / steps)
        clean = denoise(x, time, level * (1 - time))
        x = x + (superpose(clean, x, mask) - x) / (steps - k)
    return x


@torch.no_grad()
def sample_structures(
    network: TransitionStateNetwork,
    trunk: TrunkOutput,
    batch: ReactionBatch,
    reaction_ids: Sequence[str],
    sampling: Sampling,
) -> Tensor:
    """Transition states ``(S, B, N, 3)`` in Å of every reaction of the batch.

    The first sample is the deterministic one, from the midpoint of reactant and product without
    noise; the others start from random, noised priors. All share the trunk's output. Samples go
    through in parts that fit the device (`batch_size`).
    """
    denoise = network.given(trunk, batch)
    random = draw_randomness(batch, reaction_ids, sampling.n_samples, sampling.seed)
    fitting = batch_size(batch.mask.device.type).pair_samples
    at_once = max(1, fitting // max(1, len(batch.upper)))
    parts = []
    for first in range(0, sampling.n_samples, at_once):
        part = random.samples(slice(first, first + at_once))
        parts.append(ode(denoise, part.starts(batch), part.level, batch.mask, sampling.steps))
    return torch.cat(parts)
