"""The structures that the denoiser learns to clean: three per trunk pass.

1. The deterministic prior.
2. Of several random, noised priors the one whose answer comes nearest to the reference TS. Trained
   on all of them, a network answers every prior with the same compromise; trained on the nearest
   alone, it learns to spread its answers over conformers and faces (implicit maximum likelihood;
   Li and Malik 2018).
3. A point on the network's own way from one of these to its answer, which is what it meets when it
   goes on from there. Trained on the way to the true TS instead, more steps made the TS worse.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tscreen.model.networks.network import Denoise, interpolate
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import rmsd, superpose
from tscreen.model.reactions.randomness import Randomness

CANDIDATES = 4  # random priors per reaction, of which one is trained on
COORDINATE_NOISE = 0.015  # Å, at most, on reactant and product, against overfitting


@dataclass(frozen=True)
class Draws:
    """Where the denoiser starts: ``x (S, B, N, 3)`` in Å, noised by ``noise (S, B)`` Å."""

    x: Tensor
    noise: Tensor

    def of(self, chosen: Tensor) -> "Draws":
        """One of the draws for each reaction, ``chosen (B,)``, as a single draw."""
        column = torch.arange(len(chosen), device=chosen.device)
        return Draws(self.x[chosen, column].unsqueeze(0), self.noise[chosen, column].unsqueeze(0))

    def part(self, draws: slice) -> "Draws":
        """Some of the draws."""
        return Draws(self.x[draws], self.noise[draws])

    def join(self, other: "Draws") -> "Draws":
        """These draws and then the others."""
        return Draws(torch.cat([self.x, other.x]), torch.cat([self.noise, other.noise]))


def augment(batch: ReactionBatch, generator: torch.Generator) -> ReactionBatch:
    """The batch with noisy coordinates, and half of the time as its reverse reactions."""
    level = COORDINATE_NOISE * torch.rand(batch.shape[0], 1, 1, generator=generator)
    noise = torch.randn(2, *batch.reactant.shape, generator=generator) * level
    noise = noise.to(batch.reactant.device) * batch.mask.unsqueeze(-1)
    noisy = replace(batch, reactant=batch.reactant + noise[0], product=batch.product + noise[1])
    return noisy.swapped() if torch.rand((), generator=generator) < 0.5 else noisy


def draw(batch: ReactionBatch, generator: torch.Generator) -> Draws:
    """The deterministic prior first, then `CANDIDATES` random ones with noise."""
    shape = (1 + CANDIDATES, batch.shape[0])
    numbers = (
        torch.rand(4, *shape, generator=generator),
        torch.randn(shape[0], len(batch.upper), generator=generator),
        torch.randn(*shape, batch.shape[1], 3, generator=generator),
    )
    random = Randomness.of(*(x.to(batch.mask.device) for x in numbers))
    return Draws(random.starts(batch), random.level)


@torch.no_grad()
def nearest(draws: Draws, denoise: Denoise, batch: ReactionBatch) -> Draws:
    """Of each reaction's draws the one whose answer comes nearest to the reference TS."""
    assert batch.ts is not None
    clean = denoise(draws.x, torch.zeros_like(draws.noise), draws.noise)
    return draws.of(rmsd(clean, batch.ts.expand_as(clean), batch.mask).argmin(0))


def own_path(
    draws: Draws, clean: Tensor, batch: ReactionBatch, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """For each reaction a point on the way from one of ``draws`` to the network's ``clean``.

    Returns what the denoiser takes: ``x (1, B, N, 3)``, ``time`` and ``noise (1, B)``.
    """
    count, b = draws.noise.shape
    chosen = torch.randint(count, (b,), generator=generator).to(clean.device)
    time = torch.rand(1, b, generator=generator).to(clean.device)
    start, end = draws.of(chosen), Draws(clean.detach(), draws.noise).of(chosen).x
    x = interpolate(start.x, superpose(end, start.x, batch.mask), time)
    return x, time, start.noise * (1 - time)
