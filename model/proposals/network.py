"""Which bonds of a reactant break and form, one after the other, from its structure alone.

A trunk like the generator's reads the reactant, given as both sides of a reaction. From its
embeddings of atom pairs a light head says, for the bonds that are changed already, how likely each
pair changes next, or that nothing more does. A set of changes may come about in any order; what it
is given is the sum over all orders, so the network is trained on random ones.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.trunk import Trunk, pair_sum
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.prior import APART


@dataclass(frozen=True)
class ProposalConfig:
    """Sizes of the network; kept in the card."""

    c_node: int = 64
    c_pair: int = 48
    c_triangle: int = 24
    c_head: int = 64
    heads: int = 4
    blocks: int = 4
    dropout: float = 0.05


@dataclass(frozen=True)
class Reading:
    """What the head needs to know of the reactants of a batch.

    Attributes:
        pairs: ``(P, c_head)``.
        atoms: ``(B, N, c_head)``.
        change: what it means for the number of bonds if a pair changes, -1 or 1, ``(P,)``.
    """

    pairs: Tensor
    atoms: Tensor
    change: Tensor


class ProposalNetwork(nn.Module):
    """Log-probabilities of the next bond that changes."""

    def __init__(self, config: ProposalConfig | None = None):
        super().__init__()
        self.config = config = config or ProposalConfig()
        c = config.c_head
        self.trunk = Trunk(
            config.c_node,
            config.c_pair,
            config.c_triangle,
            config.heads,
            config.blocks,
            config.dropout,
        )
        self.from_pairs = nn.Linear(config.c_pair, c)
        self.from_nodes = nn.Linear(config.c_node, c, bias=False)
        self.to_atoms = nn.Linear(c, c, bias=False)
        self.from_valence = nn.Linear(3, c, bias=False)
        self.mix = nn.Sequential(nn.LayerNorm(c), nn.SiLU(), nn.Linear(c, c))
        self.to_whole = nn.Linear(c, c, bias=False)
        self.next = nn.Sequential(
            nn.LayerNorm(c), nn.SiLU(), nn.Linear(c, c), nn.SiLU(), nn.Linear(c, 1)
        )
        self.stop = nn.Sequential(
            nn.LayerNorm(c), nn.SiLU(), nn.Linear(c, c), nn.SiLU(), nn.Linear(c, 1)
        )

    def read(self, batch: ReactionBatch) -> Reading:
        """Read the reactants of a batch, once for all that is asked of them.

        Atoms of separate molecules are taken to be `APART`, wherever the molecules lie.
        """
        distance = batch.pair_distances(batch.reactant)
        distance = torch.where(batch.same_reactant, distance, APART)
        nodes, pairs = self.trunk.embed(batch, distance)
        bonded = batch.bonds(batch.reactant) & batch.same_reactant
        atoms = self.from_nodes(nodes)
        return Reading(
            self.from_pairs(pairs) + pair_sum(atoms, batch), atoms, 1.0 - 2.0 * bonded.float()
        )

    def forward(
        self, reading: Reading, changed: Tensor, batch: ReactionBatch
    ) -> tuple[Tensor, Tensor]:
        """Log-probability of every pair to change next ``(S, P)``, and of the end ``(S, B)``.

        Args:
            reading: of the batch.
            changed: which pairs have changed so far, ``(S, P)`` bool; none changes twice.
            batch: B reactants with P pairs of atoms.
        """
        chosen = changed.unsqueeze(-1).to(reading.pairs.dtype)
        sent = chosen * self.to_atoms(reading.pairs)
        valence = chosen * reading.change.unsqueeze(-1)
        at_atoms = _at_atoms(torch.cat([sent, valence, chosen], dim=-1), batch)
        sent, valence, count = at_atoms.split([sent.shape[-1], 1, 1], dim=-1)
        valences = torch.cat([valence, valence.abs(), count], dim=-1)
        atoms = self.mix(reading.atoms + sent + self.from_valence(valences))
        whole = self.to_whole((atoms * batch.mask.unsqueeze(-1)).sum(-2))
        near = pair_sum(atoms, batch) + whole.index_select(-2, batch.pair_reaction)
        logits = self.next(reading.pairs + near).squeeze(-1).masked_fill(changed, -1e4)
        return _normalised(logits, self.stop(whole).squeeze(-1), batch)


def _at_atoms(pairs: Tensor, batch: ReactionBatch) -> Tensor:
    """Sum ``(S, B, N, C)`` over the pairs ``(S, P, C)`` of every atom."""
    b, n = batch.shape
    atoms = pairs.new_zeros(pairs.shape[0], b * n, pairs.shape[-1])
    atoms = atoms.index_add(1, batch.first_atom, pairs).index_add(1, batch.second_atom, pairs)
    return atoms.unflatten(1, (b, n))


def _normalised(logits: Tensor, stop: Tensor, batch: ReactionBatch) -> tuple[Tensor, Tensor]:
    """Logarithms of shares that add up to one over the pairs of a reactant and the end."""
    owner = batch.pair_reaction.expand_as(logits)
    most = stop.detach().scatter_reduce(1, owner, logits.detach(), "amax")
    total = (stop - most).exp()
    total = total.scatter_add(1, owner, (logits - most.gather(1, owner)).exp())
    norm = most + total.log()
    return logits - norm.gather(1, owner), stop - norm
