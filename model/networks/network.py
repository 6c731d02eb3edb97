"""Trunk and denoiser as one network, and the flow that joins prior and transition state."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.denoiser import Denoiser
from tscreen.model.networks.trunk import Trunk, TrunkOutput
from tscreen.model.reactions.batch import ReactionBatch

Denoise = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network; kept in the weights' card."""

    c_node: int = 96
    c_pair: int = 64
    c_triangle: int = 32
    c_edge: int = 48
    heads: int = 6
    trunk_blocks: int = 6
    denoiser_layers: int = 4
    dropout: float = 0.0


class TransitionStateNetwork(nn.Module):
    """Object-aware trunk and equivariant denoiser."""

    def __init__(self, config: NetworkConfig | None = None):
        super().__init__()
        config = config or NetworkConfig()
        self.config = config
        self.trunk = Trunk(
            config.c_node,
            config.c_pair,
            config.c_triangle,
            config.heads,
            config.trunk_blocks,
            config.dropout,
        )
        self.denoiser = Denoiser(
            config.c_node, config.c_pair, config.c_edge, config.denoiser_layers
        )

    def given(self, trunk: TrunkOutput, batch: ReactionBatch) -> Denoise:
        """The denoiser for reactions whose trunk is known: ``(x, time, noise)`` to the clean TS.

        For the shapes see `Denoiser.forward`. All samples and steps of a reaction share it.
        """
        views = self.denoiser.condition(trunk)

        def denoise(x: Tensor, time: Tensor, noise: Tensor) -> Tensor:
            return self.denoiser(x, time, noise, trunk, views, batch)

        return denoise


def interpolate(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """Point on the straight path from ``start`` to ``end (S, B, N, 3)`` at ``time (S, B)``."""
    t = time[..., None, None]
    return torch.lerp(start, end, t.expand_as(start))
