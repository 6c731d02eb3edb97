"""What an atom sees of its neighbours: radial functions times solid harmonics, for all pairs."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from tscreen.model.correction.pair_functions import NEIGHBOURS
from tscreen.model.correction.structures import Molecules

ROOT_3 = math.sqrt(3.0)


class Basis(NamedTuple):
    """Pair functions of B molecules of N atoms with K radial functions.

    Attributes:
        scalar: irreps 0e, (B, N, N·K): for every receiver all senders and radial functions.
        vector: irreps 1o, (B, 3·N, N·K): receivers by component.
        tensor: irreps 2e, (B, 5·N, N·K).
        contraction: 1o at the sender, (B, N, 3·N·K): takes the sender's vectors to scalars.
    """

    scalar: Tensor
    vector: Tensor
    tensor: Tensor
    contraction: Tensor


def solid_harmonics(v: Tensor) -> Tensor:
    """Degree 2 in vectors (..., 3): (..., 5), orthogonal, of norm |v|² up to a constant."""
    x, y, z = v.unbind(-1)
    return torch.stack(
        [
            ROOT_3 * x * y,
            ROOT_3 * y * z,
            z * z - 0.5 * (x * x + y * y),
            ROOT_3 * x * z,
            0.5 * ROOT_3 * (x * x - y * y),
        ],
        dim=-1,
    )


def pair_basis(molecules: Molecules, n_radial: int, cutoff: float) -> Basis:
    """Pair functions that fall to zero at ``cutoff`` Å with two continuous derivatives."""
    x, mask = molecules.positions, molecules.mask
    b, n, _ = x.shape
    away = x[:, None, :, :] - x[:, :, None, :]
    pairs = mask[:, :, None] & mask[:, None, :] & ~torch.eye(n, dtype=torch.bool, device=x.device)
    square = torch.where(pairs, away.square().sum(-1), 1.0)
    distance = square.sqrt()
    envelope = torch.where(pairs, (1 - square / cutoff**2).clamp(min=0) ** 3, 0.0)
    centres = torch.linspace(0.7, 0.85 * cutoff, n_radial, device=x.device)
    width = 1.1 * (centres[1] - centres[0])
    radial = (envelope / NEIGHBOURS**0.5)[..., None] * torch.exp(
        -(((distance[..., None] - centres) / width) ** 2)
    )
    unit = away / distance[..., None]
    return Basis(
        radial.reshape(b, n, n * n_radial),
        _by_component(unit, radial),
        _by_component(solid_harmonics(unit), radial),
        (unit[..., None] * radial[:, :, :, None, :]).reshape(b, n, 3 * n * n_radial),
    )


def _by_component(angular: Tensor, radial: Tensor) -> Tensor:
    """(B, N, N, A) times (B, N, N, K) as (B, A·N, N·K)."""
    b, n, _, k = radial.shape
    product = angular.permute(0, 3, 1, 2)[..., None] * radial[:, None]
    return product.reshape(b, -1, n * k)
