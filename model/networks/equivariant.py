"""Equivariant building blocks of the denoiser, on features kept by degree.

Features are a list of three tensors ``(..., 2l + 1, C_l)``, l = 0, 1, 2: irreps 0e, 1o and 2e with
the channel last, so that a linear map is one matrix product and nothing is permuted. Conventions
(order of components, normalisation) are e3nn's.
"""

from collections.abc import Sequence

import torch
from e3nn import o3
from e3nn.math import normalize2mom
from torch import Tensor, nn

Features = list[Tensor]
Multiplicities = tuple[int, int, int]

SILU = normalize2mom(nn.functional.silu)
SIGMOID = normalize2mom(torch.sigmoid)
# (left, right, out) of every product of degrees 0, 1 and 2 that lands on one of the three
PATHS = [(0, 0, 0), (1, 1, 0), (2, 2, 0), (0, 1, 1), (1, 2, 1), (0, 2, 2), (1, 1, 2), (2, 2, 2)]


def join(parts: Sequence[Features]) -> Features:
    """Features side by side along their channels."""
    return [torch.cat(same_degree, dim=-1) for same_degree in zip(*parts, strict=True)]


class EquivariantLinear(nn.Module):
    """Mixes channels of like degree."""

    def __init__(self, inputs: Multiplicities, outputs: Multiplicities):
        super().__init__()
        self.maps = nn.ModuleList(
            nn.Linear(i, o, bias=False) for i, o in zip(inputs, outputs, strict=True)
        )

    def forward(self, x: Features) -> Features:
        """``(..., 2l + 1, inputs[l])`` to ``(..., 2l + 1, outputs[l])``."""
        return [mapping(part) for mapping, part in zip(self.maps, x, strict=True)]


class ChannelwiseProduct(nn.Module):
    """Clebsch-Gordan product of two features, channel by channel, with one weight each and path.

    The many-body step of atomic cluster expansion (Drautz, Phys. Rev. B 2019). All paths are one
    matrix product with the fixed coupling coefficients.
    """

    coupling: Tensor
    collect: Tensor
    path_of: Tensor

    def __init__(self, channels: int):
        super().__init__()
        widths = [2 * out + 1 for _, _, out in PATHS]
        coupling = torch.zeros(9, 9, sum(widths))
        collect = torch.zeros(sum(widths), 9)
        start = 0
        for (left, right, out), width in zip(PATHS, widths, strict=True):
            count = sum(path[2] == out for path in PATHS)
            block = o3.wigner_3j(left, right, out) * (width / count) ** 0.5
            columns = slice(start, start + width)
            coupling[_components(left), _components(right), columns] = block
            collect[columns, _components(out)] = torch.eye(width)
            start += width
        self.register_buffer("coupling", coupling.flatten(0, 1), persistent=False)
        self.register_buffer("collect", collect, persistent=False)
        self.register_buffer(
            "path_of", torch.arange(len(PATHS)).repeat_interleave(torch.tensor(widths)), False
        )
        self.weight = nn.Parameter(torch.randn(len(PATHS), channels))

    def forward(self, a: Features, b: Features) -> Features:
        """The product of two features of ``channels`` channels in each degree."""
        left, right = (torch.cat(x, dim=-2).transpose(-1, -2) for x in (a, b))
        outer = (left.unsqueeze(-1) * right.unsqueeze(-2)).flatten(-2)
        paths = (outer @ self.coupling) * self.weight[self.path_of].transpose(0, 1)
        return list((paths @ self.collect).transpose(-1, -2).split([1, 3, 5], dim=-2))


def _components(degree: int) -> slice:
    """Where a degree's components stand among the nine of 0e + 1o + 2e."""
    return slice(degree**2, (degree + 1) ** 2)


def gate(x: Features, multiplicities: Multiplicities) -> Features:
    """Scalars through SiLU; vectors and tensors each times the sigmoid of a scalar of their own.

    ``x[0]`` holds the gates after the scalars that are kept.
    """
    scalars, vector_gates, tensor_gates = x[0].split(list(multiplicities), dim=-1)
    return [SILU(scalars), x[1] * SIGMOID(vector_gates), x[2] * SIGMOID(tensor_gates)]
