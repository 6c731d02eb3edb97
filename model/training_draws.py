"""The noisy structures that the denoiser learns to clean: one deterministic draw, the rest random.

Drawing priors, noise levels and times at random keeps both samplers in distribution: the one-step
deterministic one (first draw, always) and the diverse stochastic one.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from model.batch import ReactionBatch
from model.geometry import superpose
from model.network import interpolate
from model.prior import PriorChoice, build_prior

DRAWS = 3  # per trunk pass
MAX_NOISE = 0.5  # Å
MAX_JITTER = 0.15
COORDINATE_NOISE = 0.04  # Å, at most, on reactant and product, against overfitting


@dataclass(frozen=True)
class Draws:
    """Inputs of the denoiser: ``x (S, B, N, 3)`` in Å, ``time`` and ``noise (S, B)``."""

    x: Tensor
    time: Tensor
    noise: Tensor


def augment(batch: ReactionBatch, generator: torch.Generator) -> ReactionBatch:
    """The batch with noisy coordinates, and half of the time as its reverse reactions."""
    level = COORDINATE_NOISE * torch.rand(batch.shape[0], 1, 1, generator=generator)
    noise = torch.randn(2, *batch.reactant.shape, generator=generator) * level
    noise = noise.to(batch.reactant.device) * batch.mask.unsqueeze(-1)
    noisy = replace(batch, reactant=batch.reactant + noise[0], product=batch.product + noise[1])
    return noisy.swapped() if torch.rand((), generator=generator) < 0.5 else noisy


def draw(batch: ReactionBatch, generator: torch.Generator) -> Draws:
    """Noisy structures between prior and reference TS."""
    assert batch.ts is not None
    shape = (DRAWS, batch.shape[0])
    device = batch.ts.device

    def uniform() -> Tensor:
        return torch.rand(shape, generator=generator)

    def sometimes(share: float) -> Tensor:
        chosen = (uniform() < share).float()
        chosen[0] = 0.0
        return chosen

    blend, start = 0.2 + 0.6 * uniform(), torch.floor(3 * uniform()) / 2
    blend[0], start[0] = 0.5, 0.5
    choice = PriorChoice(blend, start, MAX_JITTER * uniform() * sometimes(0.6))
    noise = MAX_NOISE * uniform() * sometimes(0.75)
    time = uniform() * sometimes(0.7)
    pair_noise = torch.randn(DRAWS, len(batch.upper), generator=generator)
    atom_noise = torch.randn(*shape, batch.shape[1], 3, generator=generator)

    choice = PriorChoice(*(v.to(device) for v in (choice.blend, choice.start, choice.jitter)))
    noise, time = noise.to(device), time.to(device)
    prior = build_prior(batch, choice, pair_noise.to(device))
    target = superpose(batch.ts.expand_as(prior), prior, batch.mask)
    noisy = prior + noise[..., None, None] * atom_noise.to(device) * batch.mask.unsqueeze(-1)
    return Draws(interpolate(noisy, target, time), time, noise * (1 - time))
