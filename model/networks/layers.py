"""Small building blocks that trunk and denoiser share."""

import torch
from torch import Tensor, nn


class RadialBasis(nn.Module):
    """Gaussians on an even grid; ``(...)`` in Å to ``(..., n)``."""

    centres: Tensor

    def __init__(self, n: int, low: float, high: float):
        super().__init__()
        self.register_buffer("centres", torch.linspace(low, high, n), persistent=False)
        self.sharpness = 0.5 / ((high - low) / (n - 1)) ** 2

    def forward(self, d: Tensor) -> Tensor:
        """Value of every Gaussian; lengths beyond the grid count as its end."""
        low, high = self.centres[0], self.centres[-1]
        return torch.exp(-self.sharpness * (d.clamp(low, high).unsqueeze(-1) - self.centres) ** 2)


class Transition(nn.Module):
    """Pre-normalised gated feed-forward update ``(..., c)``."""

    def __init__(self, c: int, factor: int = 2):
        super().__init__()
        self.norm = nn.LayerNorm(c)
        self.expand = nn.Linear(c, 2 * factor * c, bias=False)
        self.contract = nn.Linear(factor * c, c, bias=False)
        nn.init.zeros_(self.contract.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The update, to be added to ``x``."""
        value, gate = self.expand(self.norm(x)).chunk(2, dim=-1)
        return self.contract(value * nn.functional.silu(gate))
