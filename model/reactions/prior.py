"""The prior: coordinates whose distances fit a blend of the reactant's and the product's.

Weighted stress is minimised by majorisation (SMACOF; de Leeuw 1977), batched on the device. The
start is a rigid superposition of the two sides, so the result carries their handedness; fragments
are assembled beforehand (`tscreen.model.reactions.assembly`), so it does not depend on how they
were placed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tscreen.model.reactions.batch import ReactionBatch, unpack
from tscreen.model.reactions.geometry import canonical_frame, centre

STRETCH = 0.8  # Å that a pair gains on its way into separate fragments; half of it at the midpoint
APART = 4.0  # Å between atoms that share a fragment on neither side
WEIGHT_ONE_SIDE = 0.3  # trust in such a stretched distance, against one known from both sides
WEIGHT_NO_SIDE = 1e-3
ITERATIONS = 24


@dataclass(frozen=True)
class PriorChoice:
    """Which prior to build, one number per sample and reaction, each ``(S, B)``.

    Attributes:
        blend: 0 takes the reactant's distances, 1 the product's.
        start: 0 starts from the reactant's coordinates, 1 from the product's.
        jitter: standard deviation of the log-normal factor on every target distance.
    """

    blend: Tensor
    start: Tensor
    jitter: Tensor


def midpoint(batch: ReactionBatch) -> PriorChoice:
    """The deterministic prior, halfway between the two sides, as one sample."""
    half = batch.reactant.new_full((1, batch.shape[0]), 0.5)
    return PriorChoice(half, half, torch.zeros_like(half))


def build_prior(
    batch: ReactionBatch, choice: PriorChoice, pair_noise: Tensor | None = None
) -> Tensor:
    """Prior coordinates ``(S, B, N, 3)`` in Å, centred, in a frame of their own.

    ``pair_noise (S, P)`` is standard normal and is scaled by ``choice.jitter``.
    """
    x = fit_prior(batch, choice, pair_noise)
    return canonical_frame(x, batch.mask, batch.numbers.to(x.dtype))


def fit_prior(
    batch: ReactionBatch, choice: PriorChoice, pair_noise: Tensor | None = None
) -> Tensor:
    """The same as it happens to lie, off its centre: a GPU has to be waited for to know a frame."""
    target, weight = _targets(batch, choice.blend)
    if pair_noise is not None:
        target = target * torch.exp(choice.jitter[:, batch.pair_reaction] * pair_noise)
    start = choice.start[..., None, None]
    x = centre((1 - start) * batch.reactant + start * batch.product, batch.mask)
    return _majorise(x, batch, target, weight)


def _targets(batch: ReactionBatch, blend: Tensor) -> tuple[Tensor, Tensor]:
    """Target distances ``(S, P)`` and weights ``(P,)``, the latter the same for every blend."""
    d_reactant = batch.pair_distances(batch.reactant)
    d_product = batch.pair_distances(batch.product)
    a = blend[:, batch.pair_reaction]
    both = batch.same_reactant & batch.same_product
    target = torch.where(both, (1 - a) * d_reactant + a * d_product, torch.full_like(a, APART))
    target = torch.where(batch.same_reactant & ~both, d_reactant + STRETCH * a, target)
    target = torch.where(batch.same_product & ~both, d_product + STRETCH * (1 - a), target)
    shorter = torch.minimum(
        torch.where(batch.same_reactant, d_reactant, APART),
        torch.where(batch.same_product, d_product, APART),
    )
    trust = torch.where(both, 1.0, WEIGHT_ONE_SIDE)
    trust = torch.where(batch.same_reactant | batch.same_product, trust, WEIGHT_NO_SIDE)
    return target, trust / shorter.square().clamp(min=0.25)


def _majorise(x: Tensor, batch: ReactionBatch, target: Tensor, weight: Tensor) -> Tensor:
    _, n = batch.shape
    w = unpack(weight.unsqueeze(-1), batch).squeeze(-1)
    pull = unpack((weight * target).unsqueeze(-1), batch).squeeze(-1)
    laplacian = torch.diag_embed(w.sum(-1)) - w
    real = batch.mask.to(x.dtype)
    ones = real.unsqueeze(-1) * real.unsqueeze(-2) / real.sum(-1)[:, None, None]
    padding = torch.diag_embed(1.0 - real)
    # Never singular, so that nobody has to wait for a GPU to hear whether it was.
    inverse = torch.linalg.inv_ex(laplacian + ones + padding).inverse - ones - padding
    eye = torch.eye(n, dtype=torch.bool, device=x.device)
    for _ in range(ITERATIONS):
        # On a GPU the kernel of `cdist` takes 0.4 ms.
        distances = distances_by_difference(x) if x.is_cuda else torch.cdist(x, x)
        ratio = pull / distances.masked_fill(eye, 1.0).clamp(min=1e-3)
        x = inverse @ (ratio.sum(-1, keepdim=True) * x - ratio @ x)
    return x


def distances_by_difference(x: Tensor) -> Tensor:
    """Distances ``(..., N, N)`` of atoms ``x (..., N, 3)`` from each other."""
    return (x.unsqueeze(-2) - x.unsqueeze(-3)).square().sum(-1).sqrt()
