"""Best rotations by quaternions, in matrix products alone: nothing waits for a GPU."""

from functools import lru_cache

import torch
from torch import Tensor

SQUARINGS = 11
"""An eigenvector is what the 2048th power of the matrix leaves."""
RESCALED_EVERY = 3  # squarings, far from where a number overflows


def quaternion_rotation(moving: Tensor, fixed: Tensor) -> Tensor:
    """Proper rotation ``(..., 3, 3)`` that best turns ``moving`` onto ``fixed`` (Horn 1987).

    As `tscreen.model.reactions.geometry.kabsch_rotation`: both ``(..., N, 3)`` are centred, padding
    atoms at zero. The quaternion is the main eigenvector of a 4 x 4 matrix that
    is linear in the covariance.
    """
    couple = _coupling(moving.device)
    covariance = (moving.transpose(-1, -2).double() @ fixed.double()).flatten(-2)
    quaternion = _main_eigenvector((covariance @ couple).unflatten(-1, (4, 4)))
    outer = (quaternion @ quaternion.transpose(-1, -2)).flatten(-2)
    return (outer @ couple.T).unflatten(-1, (3, 3)).to(moving.dtype)


def _main_eigenvector(matrix: Tensor) -> Tensor:
    """Of the largest eigenvalue ``(..., 4, 1)`` of symmetric matrices without trace."""
    size = torch.linalg.vector_norm(matrix, dim=(-1, -2), keepdim=True).clamp(min=1e-12)
    eye = torch.eye(4, dtype=matrix.dtype, device=matrix.device)
    power = matrix / size + eye  # whose eigenvalues lie between 0 and 2
    for k in range(SQUARINGS):
        power = power @ power
        if k % RESCALED_EVERY == RESCALED_EVERY - 1:
            power = power / power.abs().amax((-1, -2), keepdim=True)
    longest = power.square().sum(-2).argmax(-1)[..., None, None]
    column = power.gather(-1, longest.expand(*power.shape[:-1], 1))
    return column / torch.linalg.vector_norm(column, dim=-2, keepdim=True).clamp(min=1e-12)


@lru_cache
def _coupling(device: torch.device) -> Tensor:
    """``C (9, 16)`` that joins the nine covariances to the 4 x 4 matrix, and q qᵀ to the rotation.

    The rotated e_a is q e_a q*, and its part along e_b is (q e_a)·(e_b q) = qᵀ Cᵃᵇ q; so both are
    the same products of quaternions.
    """
    left, right = torch.zeros(2, 3, 4, 4, dtype=torch.float64)
    for a in range(3):
        b, c = (a + 1) % 3, (a + 2) % 3
        for table, sign in ((left, 1.0), (right, -1.0)):  # e_a q, and q e_a
            table[a, 0, 1 + a], table[a, 1 + a, 0] = -1.0, 1.0
            table[a, 1 + c, 1 + b], table[a, 1 + b, 1 + c] = sign, -sign
    return torch.einsum("aki,bkj->abij", right, left).flatten(2).flatten(0, 1).to(device)
