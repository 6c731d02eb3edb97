"""The object-aware trunk: what R and P say about the TS, computed once per reaction.

Atoms of reactant, TS and product correspond one to one, so there is one node per atom and one
symmetric feature per atom pair. Reactant and product enter only through elements, charge and spin
of the whole, bonds, and distances within their own fragments, so moving or turning any fragment
changes nothing. Pair updates by triangle multiplication follow Jumper et al. (Nature 2021), made
symmetric.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.elements import ElementEmbedding
from tscreen.model.networks.layers import RadialBasis, Transition
from tscreen.model.reactions.batch import ReactionBatch, pack, unpack
from tscreen.model.reactions.prior import build_prior, midpoint


@dataclass(frozen=True)
class Expectation:
    """What a trunk expects of the TS.

    Attributes:
        distance: of every pair ``(P,)`` in Å.
        spread: expected absolute error of that ``(P,)`` in Å.
    """

    distance: Tensor
    spread: Tensor


@dataclass(frozen=True)
class TrunkOutput(Expectation):
    """What the denoiser is conditioned on.

    Attributes:
        nodes: ``(B, N, c_node)``.
        pairs: ``(P, c_pair)``.
    """

    nodes: Tensor
    pairs: Tensor


class TriangleUpdate(nn.Module):
    """Symmetric triangle multiplication on packed pairs ``(P, c_pair)``."""

    def __init__(self, c_pair: int, c_hidden: int):
        super().__init__()
        self.norm = nn.LayerNorm(c_pair)
        self.edges = nn.Linear(c_pair, 4 * c_hidden, bias=False)
        self.norm_out = nn.LayerNorm(c_hidden)
        self.gate = nn.Linear(c_pair, c_pair)
        self.out = nn.Linear(c_hidden, c_pair, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, pairs: Tensor, batch: ReactionBatch) -> Tensor:
        """The update, to be added to ``pairs``."""
        x = self.norm(pairs)
        value, gate = self.edges(x).chunk(2, dim=-1)
        edges = unpack(value * torch.sigmoid(gate), batch).movedim(-1, 1)
        a, b = edges.chunk(2, dim=1)
        product = (a @ b).movedim(1, -1)
        return self.out(self.norm_out(pack(product, batch))) * torch.sigmoid(self.gate(x))


class PairBiasedAttention(nn.Module):
    """Self-attention over the atoms of a reaction ``(B, N, c_node)``, biased by its pairs."""

    def __init__(self, c_node: int, c_pair: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(c_node)
        self.norm_pair = nn.LayerNorm(c_pair)
        self.bias = nn.Linear(c_pair, heads, bias=False)
        self.qkv = nn.Linear(c_node, 3 * c_node, bias=False)
        self.gate = nn.Linear(c_node, c_node)
        self.out = nn.Linear(c_node, c_node, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, nodes: Tensor, pairs: Tensor, batch: ReactionBatch) -> Tensor:
        """The update, to be added to ``nodes``."""
        x = self.norm(nodes)
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        bias = unpack(self.bias(self.norm_pair(pairs)), batch).movedim(-1, 1)
        bias = bias.masked_fill(~batch.mask[:, None, None, :], -1e9)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(mixed.transpose(1, 2).flatten(-2) * torch.sigmoid(self.gate(x)))


class TrunkBlock(nn.Module):
    """One round of pair and node updates."""

    def __init__(self, c_node: int, c_pair: int, c_triangle: int, heads: int, dropout: float):
        super().__init__()
        self.triangle = TriangleUpdate(c_pair, c_triangle)
        self.pair_transition = Transition(c_pair)
        self.attention = PairBiasedAttention(c_node, c_pair, heads)
        self.node_transition = Transition(c_node)
        self.node_to_pair = nn.Linear(c_node, c_pair, bias=False)
        nn.init.zeros_(self.node_to_pair.weight)
        self.drop = nn.Dropout(dropout)

    def forward(self, nodes: Tensor, pairs: Tensor, batch: ReactionBatch) -> tuple[Tensor, Tensor]:
        """Updated ``nodes (B, N, c_node)`` and ``pairs (P, c_pair)``."""
        pairs = pairs + self.drop(self.triangle(pairs, batch))
        pairs = pairs + self.pair_transition(pairs)
        nodes = nodes + self.drop(self.attention(nodes, pairs, batch))
        nodes = nodes + self.node_transition(nodes)
        return nodes, pairs + pair_sum(self.node_to_pair(nodes), batch)


def pair_sum(nodes: Tensor, batch: ReactionBatch) -> Tensor:
    """``nodes_i + nodes_j`` of every pair, ``(..., P, C)`` from ``(..., B, N, C)``."""
    flat = nodes.flatten(-3, -2)
    return flat.index_select(-2, batch.first_atom) + flat.index_select(-2, batch.second_atom)


class Trunk(nn.Module):
    """Embeds a reaction and predicts the distances of its TS."""

    def __init__(
        self,
        c_node: int = 96,
        c_pair: int = 64,
        c_triangle: int = 32,
        heads: int = 6,
        blocks: int = 6,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.radial = RadialBasis(24, 0.6, 6.5)
        self.element_node = ElementEmbedding(c_node)
        self.element_pair = ElementEmbedding(c_pair)
        # Without a bias: neutral closed shells are what there is most of, and nothing to add to.
        self.state = nn.Linear(2, c_node, bias=False)
        self.distances = nn.Linear(3 * 24 + 4, c_pair)
        self.blocks = nn.ModuleList(
            TrunkBlock(c_node, c_pair, c_triangle, heads, dropout) for _ in range(blocks)
        )
        self.norm_node = nn.LayerNorm(c_node)
        self.norm_pair = nn.LayerNorm(c_pair)
        self.shift = nn.Linear(c_pair, 1)
        self.log_spread = nn.Linear(c_pair, 1)
        nn.init.zeros_(self.shift.weight)
        nn.init.zeros_(self.state.weight)

    def forward(self, batch: ReactionBatch) -> TrunkOutput:
        """Embeddings and predicted distances of every reaction of the batch."""
        return self.given(batch, batch.pair_distances(build_prior(batch, midpoint(batch))[0]))

    def given(self, batch: ReactionBatch, prior_distance: Tensor) -> TrunkOutput:
        """The same where the distances ``(P,)`` in Å of the deterministic prior are known."""
        nodes, pairs = self.embed(batch, prior_distance)
        return TrunkOutput(
            nodes=nodes,
            pairs=pairs,
            distance=prior_distance + self.shift(pairs).squeeze(-1),
            spread=self.log_spread(pairs.detach()).squeeze(-1).clamp(-6.0, 2.0).exp(),
        )

    def embed(self, batch: ReactionBatch, prior_distance: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings of atoms ``(B, N, c_node)`` and of pairs ``(P, c_pair)``.

        ``prior_distance (P,)`` in Å is what is thought of the TS before.
        """
        nodes = self.element_node(batch.numbers) + self.state(batch.state).unsqueeze(1)
        pairs = self._embed_pairs(batch, prior_distance)
        for block in self.blocks:
            nodes, pairs = block(nodes, pairs, batch)
        return self.norm_node(nodes), self.norm_pair(pairs)

    def _embed_pairs(self, batch: ReactionBatch, prior_distance: Tensor) -> Tensor:
        sides = (
            (batch.reactant, batch.same_reactant),
            (batch.product, batch.same_product),
        )
        features = [self.radial(prior_distance)]
        for x, same in sides:
            within = same.unsqueeze(-1).to(x.dtype)
            features.append(self.radial(batch.pair_distances(x)) * within)
            features.append(within)
            features.append(batch.bonds(x).unsqueeze(-1).to(x.dtype) * within)
        return self.distances(torch.cat(features, dim=-1)) + pair_sum(
            self.element_pair(batch.numbers), batch
        )
