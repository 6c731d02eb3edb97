"""The denoiser: a small E(3)-equivariant network from a noisy TS to the clean one.

It is conditioned on the trunk, so the trunk is paid once for all samples and steps of a reaction.
Irreps flow as: pair invariants (0e) weight spherical harmonics of the pair directions
(0e + 1o + 2e), their sum over neighbours is the atom's density, and a channel-wise tensor product
of densities gives many-body features (as in atomic cluster expansion; Drautz 2019), gated and
added to the hidden irreps.
"""

import torch
from e3nn import nn as enn
from e3nn import o3
from torch import Tensor, nn

from model.batch import ReactionBatch, unpack
from model.geometry import centre
from model.layers import RadialBasis
from model.trunk import TrunkOutput, pair_sum

SCALARS, VECTORS, TENSORS = 32, 16, 8
HIDDEN = o3.Irreps(f"{SCALARS}x0e + {VECTORS}x1o + {TENSORS}x2e")
CHANNELS = 8
CHANNELWISE = o3.Irreps(f"{CHANNELS}x0e + {CHANNELS}x1o + {CHANNELS}x2e")
# (left, right, out) of every product of 0e, 1o and 2e that lands on one of the three
PATHS = [(0, 0, 0), (1, 1, 0), (2, 2, 0), (0, 1, 1), (1, 2, 1), (0, 2, 2), (1, 1, 2), (2, 2, 2)]


def edge_geometry(x: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors ``(..., N, N, 3)`` from j to i and harmonics ``(..., N, N, 8)``, 1o then 2e."""
    vectors = x.unsqueeze(-2) - x.unsqueeze(-3)
    harmonics = o3.spherical_harmonics(
        "1x1o + 1x2e", vectors, normalize=True, normalization="component"
    )
    return vectors, harmonics


class DenoiserLayer(nn.Module):
    """One equivariant message-passing step that also moves the atoms."""

    def __init__(self, c_pair: int, c_edge: int):
        super().__init__()
        self.distance = RadialBasis(16, 0.6, 5.0)
        self.mismatch = RadialBasis(12, -0.8, 0.8)
        self.from_pairs = nn.Linear(c_pair, c_edge)
        self.from_geometry = nn.Linear(28, c_edge, bias=False)
        self.from_nodes = nn.Linear(SCALARS, c_edge, bias=False)
        self.edge = nn.Linear(c_edge, c_edge)
        self.weights = nn.Linear(c_edge, HIDDEN.num_irreps + 1, bias=False)
        self.left = o3.Linear(2 * HIDDEN, CHANNELWISE)
        self.right = o3.Linear(2 * HIDDEN, CHANNELWISE)
        self.product = o3.TensorProduct(
            CHANNELWISE, CHANNELWISE, CHANNELWISE, [(*path, "uuu", True) for path in PATHS]
        )
        gated = o3.Irreps(f"{VECTORS}x1o + {TENSORS}x2e")
        self.gate = enn.Gate(
            f"{SCALARS}x0e", [nn.functional.silu], f"{gated.num_irreps}x0e", [torch.sigmoid], gated
        )
        self.mix = o3.Linear(2 * HIDDEN + CHANNELWISE, self.gate.irreps_in)
        self.move = o3.Linear(HIDDEN, "1x1o")

    def forward(
        self, x: Tensor, hidden: Tensor, trunk_pairs: Tensor, target: Tensor, batch: ReactionBatch
    ) -> tuple[Tensor, Tensor]:
        """New positions ``(S, B, N, 3)`` and hidden irreps ``(S, B, N, HIDDEN.dim)``.

        ``trunk_pairs (P, c_edge)`` is this layer's view of the trunk, ``target (P,)`` the predicted
        distances in Å.
        """
        weights = self._edge_weights(x, hidden, trunk_pairs, target, batch)
        vectors, harmonics = edge_geometry(x)
        density = self._density(weights, harmonics)
        state = torch.cat([hidden, density], dim=-1)
        many_body = self.product(self.left(state), self.right(state))
        hidden = hidden + self.gate(self.mix(torch.cat([state, many_body], dim=-1)))
        pull = weights[..., -1:].transpose(-1, -2) / (1.0 + vectors.norm(dim=-1)).unsqueeze(-2)
        step = (pull @ vectors).squeeze(-2) + self.move(hidden)
        return x + step * batch.mask.unsqueeze(-1), hidden

    def _edge_weights(
        self, x: Tensor, hidden: Tensor, trunk_pairs: Tensor, target: Tensor, batch: ReactionBatch
    ) -> Tensor:
        """Invariant weights ``(S, B, N, N, HIDDEN.num_irreps + 1)`` of every message."""
        d = batch.pair_distances(x)
        geometry = torch.cat([self.distance(d), self.mismatch(d - target)], dim=-1)
        edge = trunk_pairs + self.from_geometry(geometry)
        edge = edge + pair_sum(self.from_nodes(hidden[..., :SCALARS]), batch)
        edge = nn.functional.silu(self.edge(nn.functional.silu(edge)))
        return unpack(self.weights(edge), batch)

    def _density(self, weights: Tensor, harmonics: Tensor) -> Tensor:
        """Sum over neighbours of weighted harmonics ``(S, B, N, HIDDEN.dim)``."""
        scalar, vector, tensor, _ = weights.split([SCALARS, VECTORS, TENSORS, 1], dim=-1)
        return 0.3 * torch.cat(
            [
                scalar.sum(-2),
                (vector.transpose(-1, -2) @ harmonics[..., :3]).flatten(-2),
                (tensor.transpose(-1, -2) @ harmonics[..., 3:]).flatten(-2),
            ],
            dim=-1,
        )


class Denoiser(nn.Module):
    """Predicts the clean TS from a noisy one, the time and the trunk."""

    def __init__(self, c_node: int = 96, c_pair: int = 64, c_edge: int = 48, layers: int = 4):
        super().__init__()
        self.time = nn.Linear(4, SCALARS)
        self.from_trunk = nn.Linear(c_node, SCALARS)
        self.layers = nn.ModuleList(DenoiserLayer(c_pair, c_edge) for _ in range(layers))

    def condition(self, trunk: TrunkOutput) -> list[Tensor]:
        """Every layer's view ``(P, c_edge)`` of the trunk, the same for all samples and steps."""
        return [layer.get_submodule("from_pairs")(trunk.pairs) for layer in self.layers]

    def forward(
        self,
        x: Tensor,
        time: Tensor,
        noise: Tensor,
        trunk: TrunkOutput,
        views: list[Tensor],
        batch: ReactionBatch,
    ) -> Tensor:
        """Clean TS ``(S, B, N, 3)`` in Å from ``x`` of that shape.

        ``time (S, B)`` runs from 0 (prior) to 1 (TS), ``noise (S, B)`` is the standard deviation in
        Å of the noise still in ``x``; ``views`` comes from `condition`.
        """
        x = centre(x, batch.mask)
        clock = torch.stack([time, time.square(), noise, noise.square()], dim=-1)
        scalars = self.from_trunk(trunk.nodes) + self.time(clock).unsqueeze(-2)
        hidden = nn.functional.pad(scalars, (0, HIDDEN.dim - SCALARS))
        target = trunk.distance.detach()
        for layer, view in zip(self.layers, views, strict=True):
            x, hidden = layer(x, hidden, view, target, batch)
        return centre(x, batch.mask)
