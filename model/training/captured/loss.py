"""The loss of a step whose starts are drawn, in passes of fixed shapes."""

import torch
from torch import Tensor

from tscreen.model.networks.network import Denoise, TransitionStateNetwork, interpolate
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import rmsd, superpose
from tscreen.model.training.captured.inputs import StepInput
from tscreen.model.training.losses import Losses, compute_losses
from tscreen.model.training.training_draws import Draws


def losses_of(network: TransitionStateNetwork, given: StepInput) -> Losses:
    """Of the trunk, and of the answers to two starts and to a point on the own way of each."""
    trunk = network.trunk.given(given.batch, given.prior_distance)
    denoise = network.given(trunk, given.batch)
    x, time, noise = with_own_paths(given.draws, denoise, given.batch)
    return compute_losses(trunk, denoise(x, time, noise), given.batch)


@torch.no_grad()
def with_own_paths(
    draws: Draws, denoise: Denoise, batch: ReactionBatch
) -> tuple[Tensor, Tensor, Tensor]:
    """What is learnt from: the first and the nearest of the others, then a point on either's way.

    One pass answers all draws: its answers both choose the nearest and end the ways. Returns what
    the denoiser takes: ``x (4, B, N, 3)``, ``time`` and ``noise (4, B)``.
    """
    assert batch.ts is not None
    clean = denoise(draws.x, torch.zeros_like(draws.noise), draws.noise)
    others = clean[1:]
    nearest = 1 + rmsd(others, batch.ts.expand_as(others), batch.mask).argmin(0)
    start = _first_and(draws, nearest)
    end = _first_and(Draws(clean, draws.noise), nearest).x
    time = torch.rand_like(start.noise)
    way = interpolate(start.x, superpose(end, start.x, batch.mask), time)
    return (
        torch.cat([start.x, way]),
        torch.cat([torch.zeros_like(time), time]),
        torch.cat([start.noise, start.noise * (1 - time)]),
    )


def _first_and(draws: Draws, chosen: Tensor) -> Draws:
    return draws.part(slice(1)).join(draws.of(chosen))
