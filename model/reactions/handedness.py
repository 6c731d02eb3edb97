"""How a structure lies on reactant and product: what distances alone cannot tell.

Distances are blind to mirror images. The displacement of every atom after superposition is not, and
neither is the question whether a side fits the structure better than its mirror image.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import mean_square_deviation, rmsd, superpose

N_ATOM_INVARIANTS = 2
N_INVARIANTS = 4


@dataclass(frozen=True)
class SideFit:
    """Invariants of structures against both sides, the same when the sides are swapped.

    Attributes:
        atoms: ``(S, B, N, N_ATOM_INVARIANTS)``, from each atom's displacement.
        whole: ``(S, B, N_INVARIANTS)``, RMSDs and what the mirror image would lose.
    """

    atoms: Tensor
    whole: Tensor


def displacement(x: Tensor, reference: Tensor, mask: Tensor) -> Tensor:
    """Distance ``(..., N)`` in Å of every atom from its place in the superposed ``reference``."""
    on_x = superpose(reference.expand_as(x), x, mask)
    return ((x - on_x).square().sum(-1) + 1e-8).sqrt() * mask


@torch.no_grad()
def side_fit(x: Tensor, batch: ReactionBatch) -> SideFit:
    """How structures ``x (S, B, N, 3)`` in Å lie on the reactant and the product."""
    mirror = x * x.new_tensor([1.0, 1.0, -1.0])
    moved, fit, gain = [], [], []
    for side in (batch.reactant, batch.product):
        on_x = superpose(side.expand_as(x), x, batch.mask)
        moved.append((x - on_x).norm(dim=-1).clamp(max=3.0) * batch.mask)
        fit.append(mean_square_deviation(x, on_x, batch.mask).sqrt())
        gain.append(fit[-1] - rmsd(mirror, side.expand_as(x), batch.mask))
    return SideFit(
        atoms=torch.stack([moved[0] + moved[1], (moved[0] - moved[1]).abs()], dim=-1),
        whole=torch.stack(
            [
                fit[0] + fit[1],
                (fit[0] - fit[1]).abs(),
                gain[0] + gain[1],
                torch.maximum(gain[0], gain[1]),
            ],
            dim=-1,
        ),
    )
