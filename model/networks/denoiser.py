"""The denoiser: a small E(3)-equivariant network from a noisy TS to the clean one.

It is conditioned on the trunk, so the trunk is paid once for all samples and steps of a reaction.
Irreps flow as: pair invariants (0e) weight spherical harmonics of the pair directions
(0e + 1o + 2e), their sum over neighbours is the atom's density, and a channel-wise tensor product
of densities gives many-body features (as in atomic cluster expansion; Drautz 2019), gated and
added to the hidden irreps.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tscreen.model.networks.equivariant import (
    ChannelwiseProduct,
    EquivariantLinear,
    Features,
    gate,
    join,
)
from tscreen.model.networks.harmonics import formula_harmonics, scripted_harmonics
from tscreen.model.networks.layers import RadialBasis
from tscreen.model.networks.trunk import TrunkOutput, pair_sum
from tscreen.model.reactions.batch import ReactionBatch, unpack
from tscreen.model.reactions.geometry import centre

HIDDEN = SCALARS, VECTORS, TENSORS = 32, 16, 8
CHANNELS = 8
# Å: messages fade out between these, so that a large molecule's atoms see what a small one's do
FADE_FROM, FADE_TO = 5.0, 10.0
MAX_STEP = 3.0  # Å that one layer may move an atom


def envelope(d: Tensor) -> Tensor:
    """Smooth weight of a pair at distance ``d`` in Å: 1 up to `FADE_FROM`, 0 from `FADE_TO` on."""
    reach = ((d - FADE_FROM) / (FADE_TO - FADE_FROM)).clamp(0.0, 1.0)
    return 0.5 * (1.0 + torch.cos(torch.pi * reach))


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
        self.weights = nn.Linear(c_edge, sum(HIDDEN) + 1, bias=False)
        both = (2 * SCALARS, 2 * VECTORS, 2 * TENSORS)
        factors = (2 * CHANNELS, 2 * CHANNELS, 2 * CHANNELS)
        self.factors = EquivariantLinear(both, factors)
        self.product = ChannelwiseProduct(CHANNELS)
        inputs = (both[0] + CHANNELS, both[1] + CHANNELS, both[2] + CHANNELS)
        self.mix = EquivariantLinear(inputs, (sum(HIDDEN), VECTORS, TENSORS))
        self.move = nn.Linear(VECTORS, 1, bias=False)
        self.harmonics: Callable[[Tensor], Tensor] = scripted_harmonics

    def forward(
        self,
        x: Tensor,
        hidden: Features,
        trunk_pairs: Tensor,
        target: Tensor,
        batch: ReactionBatch,
    ) -> tuple[Tensor, Features]:
        """New positions ``(S, B, N, 3)`` and hidden features.

        ``trunk_pairs (P, c_edge)`` is this layer's view of the trunk, ``target (P,)`` the predicted
        distances in Å.
        """
        weights = self._edge_weights(x, hidden, trunk_pairs, target, batch)
        vectors = x.unsqueeze(-2) - x.unsqueeze(-3)
        state = join([hidden, self._density(weights, self.harmonics(vectors))])
        factors = [part.chunk(2, dim=-1) for part in self.factors(state)]
        many_body = self.product([left for left, _ in factors], [right for _, right in factors])
        update = gate(self.mix(join([state, many_body])), HIDDEN)
        hidden = [old + new for old, new in zip(hidden, update, strict=True)]
        pull = weights[..., -1:].transpose(-1, -2) / (1.0 + vectors.norm(dim=-1)).unsqueeze(-2)
        step = (pull @ vectors).squeeze(-2) + self.move(hidden[1]).squeeze(-1)
        step = step / (1.0 + (step / MAX_STEP).square().sum(-1, keepdim=True)).sqrt()
        return x + step * batch.mask.unsqueeze(-1), hidden

    def _edge_weights(
        self,
        x: Tensor,
        hidden: Features,
        trunk_pairs: Tensor,
        target: Tensor,
        batch: ReactionBatch,
    ) -> Tensor:
        """Invariant weights ``(S, B, N, N, sum(HIDDEN) + 1)`` of every message."""
        d = batch.pair_distances(x)
        geometry = torch.cat([self.distance(d), self.mismatch(d - target)], dim=-1)
        edge = trunk_pairs + self.from_geometry(geometry)
        edge = edge + pair_sum(self.from_nodes(hidden[0].squeeze(-2)), batch)
        edge = nn.functional.silu(self.edge(nn.functional.silu(edge)))
        return unpack(self.weights(edge) * envelope(d).unsqueeze(-1), batch)

    def _density(self, weights: Tensor, harmonics: Tensor) -> Features:
        """Sum over neighbours of weighted harmonics."""
        scalar, vector, tensor, _ = weights.split([*HIDDEN, 1], dim=-1)
        harmonics = harmonics.transpose(-1, -2)
        sums = [
            scalar.sum(-2, keepdim=True),
            harmonics[..., :3, :] @ vector,
            harmonics[..., 3:, :] @ tensor,
        ]
        return [0.3 * part for part in sums]


class Denoiser(nn.Module):
    """Predicts the clean TS from a noisy one, the time and the trunk."""

    def __init__(self, c_node: int = 96, c_pair: int = 64, c_edge: int = 48, layers: int = 4):
        super().__init__()
        self.time = nn.Linear(4, SCALARS)
        self.from_trunk = nn.Linear(c_node, SCALARS)
        self.layers = nn.ModuleList(DenoiserLayer(c_pair, c_edge) for _ in range(layers))

    def leave_script(self) -> None:
        """Take harmonics by their formula from now on, for passes that a CUDA graph holds."""
        for layer in self.layers:
            assert isinstance(layer, DenoiserLayer)
            layer.harmonics = formula_harmonics

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
        shape = x.shape[:-1]
        vectors, tensors = (
            scalars.new_zeros(*shape, 3, VECTORS),
            scalars.new_zeros(*shape, 5, TENSORS),
        )
        hidden = [scalars.unsqueeze(-2), vectors, tensors]
        target = trunk.distance.detach()
        for layer, view in zip(self.layers, views, strict=True):
            x, hidden = layer(x, hidden, view, target, batch)
        return centre(x, batch.mask)
