"""Reads a structure in the light of its reaction: the common half of everything that scores one.

A trunk of its own embeds the reaction; two rounds of messages over all atom pairs then look at the
structure. It does not share the generator's trunk: that one has seen the true TS of every training
reaction, so its embeddings of those give answers away that they cannot give for a new reaction.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.denoiser import envelope
from tscreen.model.networks.layers import RadialBasis
from tscreen.model.networks.trunk import Trunk, pair_sum
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.geometry import distance_weight


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of an encoder; kept in the weights' card."""

    c_node: int = 64
    c_pair: int = 48
    c_triangle: int = 24
    c_edge: int = 40
    heads: int = 4
    blocks: int = 4
    dropout: float = 0.1


class StructureEncoder(nn.Module):
    """Structures ``(S, B, N, 3)`` of the reactions of a batch to one vector each."""

    def __init__(self, config: EncoderConfig, pair_inputs: int, atom_inputs: int):
        """``pair_inputs`` and ``atom_inputs`` are the numbers of invariants that come along."""
        super().__init__()
        c = config.c_edge
        self.trunk = Trunk(
            config.c_node,
            config.c_pair,
            config.c_triangle,
            config.heads,
            config.blocks,
            config.dropout,
        )
        self.distance = RadialBasis(16, 0.6, 5.0)
        self.mismatch = RadialBasis(12, -0.8, 0.8)
        self.from_pairs = nn.Linear(config.c_pair, c)
        self.from_nodes = nn.Linear(config.c_node, c, bias=False)
        self.from_atoms = nn.Linear(atom_inputs, c, bias=False)
        self.from_geometry = nn.Linear(16 + 12 + pair_inputs, c, bias=False)
        self.message = nn.Sequential(nn.SiLU(), nn.Linear(c, c), nn.SiLU())
        self.atom = nn.Sequential(
            nn.LayerNorm(c), nn.Linear(c, 2 * c), nn.SiLU(), nn.Linear(2 * c, c)
        )
        self.second = nn.Sequential(nn.LayerNorm(c), nn.SiLU(), nn.Linear(c, c), nn.SiLU())
        self.centre_of_interest = nn.Linear(c, 1)
        self.norm = nn.LayerNorm(4 * c)
        self.width = 4 * c

    def forward(
        self, x: Tensor, pair_features: Tensor, atom_features: Tensor, batch: ReactionBatch
    ) -> Tensor:
        """One vector ``(S, B, width)`` for each structure.

        ``x (S, B, N, 3)`` in Å, ``pair_features (S, P, pair_inputs)``,
        ``atom_features (S, B, N, atom_inputs)``.
        """
        trunk = self.trunk(batch)
        d = batch.pair_distances(x)
        geometry = [self.distance(d), self.mismatch(d - trunk.distance), pair_features]
        nodes = self.from_nodes(trunk.nodes) + self.from_atoms(atom_features)
        edge = self.from_pairs(trunk.pairs) + self.from_geometry(torch.cat(geometry, dim=-1))
        edge = self.message(edge + pair_sum(nodes, batch))
        nodes = nodes + self.atom(_gather(edge * envelope(d).unsqueeze(-1), batch))
        edge = self.second(edge + pair_sum(nodes, batch))
        return self.norm(_pool(edge, nodes, self.centre_of_interest(edge), d, batch))


def _gather(edge: Tensor, batch: ReactionBatch) -> Tensor:
    """Sum ``(S, B, N, C)`` of the pairs ``(S, P, C)`` of every atom."""
    b, n = batch.shape
    atoms = edge.new_zeros(edge.shape[0], b * n, edge.shape[-1])
    atoms = atoms.index_add(1, batch.first_atom, edge).index_add(1, batch.second_atom, edge)
    return 0.3 * atoms.unflatten(1, (b, n))


def _pool(edge: Tensor, nodes: Tensor, interest: Tensor, d: Tensor, batch: ReactionBatch) -> Tensor:
    """Near pairs by mean and by root mean square, the most interesting pairs, and the atoms."""
    values = edge.movedim(-1, 0)
    weight = distance_weight(d)
    near = batch.mean_over_pairs(values, weight)
    sharp = batch.mean_over_pairs(values.square(), weight).clamp(min=1e-6).sqrt()
    attention = interest.squeeze(-1).clamp(-8.0, 8.0).exp() * weight
    focus = batch.mean_over_pairs(values, attention)
    mask = batch.mask.unsqueeze(-1)
    atoms = (nodes * mask).sum(-2) / mask.sum(-2)
    return torch.cat([near.movedim(0, -1), sharp.movedim(0, -1), focus.movedim(0, -1), atoms], -1)
