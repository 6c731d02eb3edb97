"""Superposition and deviation of batched structures, and what a distance counts.

All are batched over leading dimensions ``...`` and honour an atom mask, so that structures of
different size can share one padded tensor. Lengths are in Å. For one pair of structures without
torch see `superposition`.
"""

import torch
from torch import Tensor

from tscreen.model.reactions.quaternions import quaternion_rotation

HALF_WEIGHT_DISTANCE = 2.5  # Å; short distances decide a structure, long ones follow from them


def centroid(x: Tensor, mask: Tensor) -> Tensor:
    """Mean position ``(..., 1, 3)`` of those atoms of ``x (..., N, 3)`` that ``mask`` keeps."""
    weight = mask.unsqueeze(-1).to(x.dtype)
    return (x * weight).sum(-2, keepdim=True) / weight.sum(-2, keepdim=True).clamp(min=1.0)


def centre(x: Tensor, mask: Tensor) -> Tensor:
    """``x (..., N, 3)`` moved to its centroid, padding atoms set to zero."""
    return (x - centroid(x, mask)) * mask.unsqueeze(-1)


@torch.no_grad()
def kabsch_rotation(moving: Tensor, fixed: Tensor) -> Tensor:
    """Proper rotation ``(..., 3, 3)`` that best turns ``moving`` onto ``fixed`` (Kabsch 1976).

    Both ``(..., N, 3)`` are centred with padding atoms at zero; apply it as ``moving @ rotation``.
    Never a reflection: the determinant is +1.
    """
    if moving.is_cuda:  # where a decomposition has to be waited for
        return quaternion_rotation(moving, fixed)
    covariance = moving.transpose(-1, -2).double() @ fixed.double()
    u, _, vh = torch.linalg.svd(covariance)
    handedness = torch.sign(torch.linalg.det(u) * torch.linalg.det(vh))
    u = torch.cat([u[..., :2], u[..., 2:] * handedness[..., None, None]], dim=-1)
    return (u @ vh).to(moving.dtype)


def superpose(moving: Tensor, fixed: Tensor, mask: Tensor) -> Tensor:
    """``moving (..., N, 3)`` turned and moved onto ``fixed (..., N, 3)`` without reflection."""
    moving_0, fixed_0 = centre(moving, mask), centre(fixed, mask)
    turned = moving_0 @ kabsch_rotation(moving_0, fixed_0)
    return (turned + centroid(fixed, mask)) * mask.unsqueeze(-1)


def mean_square_deviation(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean square distance ``(...)`` in Å² between equal atoms of ``a`` and ``b``, as they lie."""
    weight = mask.to(a.dtype)
    return ((a - b).square().sum(-1) * weight).sum(-1) / weight.sum(-1).clamp(min=1.0)


def rmsd(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """RMSD ``(...)`` in Å after Kabsch superposition; atoms as mapped, no mirror image."""
    return mean_square_deviation(superpose(a, b, mask), b, mask).sqrt()


def canonical_frame(x: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """``x (..., N, 3)`` in a right-handed frame of its own: noise added to it turns with it.

    Axes are the principal axes; the signs of the first two come from the third moments, weighted by
    ``weight (..., N)``, and the third axis follows from right-handedness.
    """
    x = centre(x, mask)
    _, axes = torch.linalg.eigh((x.transpose(-1, -2) @ x).double())
    axes = axes.to(x.dtype).flip(-1)[..., :2]
    skew = ((x @ axes).pow(3) * (weight * mask).unsqueeze(-1)).sum(-2, keepdim=True)
    axes = torch.where(skew < 0, -axes, axes)
    third = torch.linalg.cross(axes[..., 0], axes[..., 1])
    return x @ torch.cat([axes, third.unsqueeze(-1)], dim=-1)


def distance_weight(d: Tensor) -> Tensor:
    """Weight of a reference distance ``d`` in Å, near 1 for bonds and falling with its square."""
    return 1.0 / (1.0 + (d / HALF_WEIGHT_DISTANCE) ** 2)
