"""Spherical harmonics 1o + 2e of vectors, by e3nn and by their formula.

Order of components and normalisation ("component") are e3nn's; the axis of its vectors is y.
"""

import torch
from e3nn import o3
from torch import Tensor


def scripted_harmonics(vectors: Tensor) -> Tensor:
    """Harmonics ``(..., 8)`` of the directions of ``vectors (..., 3)``, 0 where there is none."""
    return o3.spherical_harmonics("1x1o + 1x2e", vectors, normalize=True, normalization="component")


def formula_harmonics(vectors: Tensor) -> Tensor:
    """The same without e3nn's TorchScript, which a CUDA graph cannot be relied on to hold."""
    length = vectors.square().sum(-1, keepdim=True).clamp(min=1e-24).sqrt()
    x, y, z = (vectors / length).unbind(-1)
    a, b, c = 3**0.5, 15**0.5, 5**0.5
    vector = [a * x, a * y, a * z]
    axial = c * (y * y - 0.5 * (x * x + z * z))
    tensor = [b * x * z, b * x * y, axial, b * y * z, 0.5 * b * (z * z - x * x)]
    return torch.stack(vector + tensor, dim=-1)
