"""The correction: an E(3)-invariant energy of a molecule, and forces as its gradient.

Atoms see their neighbours through densities (the A-basis of the atomic cluster expansion, Drautz
2019; Batatia et al., MACE, 2022) of messages that know the sender. All that depends on pairs is
free of channels and all that has channels belongs to atoms, so that the work is in a few matrix
products: on a CPU several times cheaper than features for every pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from tscreen.model.correction.basis import Basis, pair_basis, solid_harmonics
from tscreen.model.correction.structures import Molecules

MAX_NUMBER = 100


@dataclass(frozen=True)
class CorrectionConfig:
    """Size of the network.

    Attributes:
        channels: of an atom's features.
        message_channels: of a message.
        n_radial: radial functions.
        cutoff: Å.
        n_outputs: energies read out for each molecule, one for each level and its zero-point part.
    """

    channels: int = 96
    message_channels: int = 32
    n_radial: int = 8
    cutoff: float = 5.0
    n_outputs: int = 2


class Densities(NamedTuple):
    """Sums over neighbours: irreps 0e (B, N, Cm), 1o (B, 3, N, Cm) and 2e (B, 5, N, Cm)."""

    scalar: Tensor
    vector: Tensor
    tensor: Tensor


class FirstMessages(nn.Module):
    """Densities of neighbours that are known by their element alone."""

    def __init__(self, config: CorrectionConfig):
        super().__init__()
        self.k, self.m = config.n_radial, config.message_channels
        self.send = nn.Embedding(MAX_NUMBER, 3 * self.k * self.m)

    def forward(self, numbers: Tensor, basis: Basis) -> Densities:
        """Densities around the atoms of molecules with atomic numbers (B, N)."""
        b, n = numbers.shape
        sent = self.send(numbers).view(b, n, 3, self.k, self.m)
        return _densities([x.reshape(b, n * self.k, self.m) for x in sent.unbind(2)], basis)


class Messages(nn.Module):
    """Densities of neighbours that know their surroundings."""

    def __init__(self, config: CorrectionConfig):
        super().__init__()
        self.k, self.m = config.n_radial, config.message_channels
        sent = self.k * self.m
        self.send = nn.ModuleList(nn.Linear(config.channels, sent, bias=False) for _ in range(3))
        self.send_straight = nn.Linear(self.m, sent, bias=False)
        self.send_inward = nn.Linear(self.m, sent, bias=False)

    def forward(self, h: Tensor, v: Tensor, basis: Basis) -> tuple[Densities, Tensor]:
        """Densities, and sums (B, N, Cm) of what neighbours' vectors have along the way to them."""
        b, n, _ = h.shape
        k, m = self.k, self.m
        found = _densities([send(h).view(b, n * k, m) for send in self.send], basis)
        straight = self.send_straight(v).view(b, n, 3, k, m).transpose(2, 3)
        carried = (basis.scalar @ straight.reshape(b, n * k, 3 * m)).view(b, n, 3, m)
        inward = basis.contraction @ self.send_inward(v).view(b, n * 3 * k, m)
        return found._replace(vector=found.vector + carried.transpose(1, 2)), inward


def _densities(sent: Sequence[Tensor], basis: Basis) -> Densities:
    """Messages (B, N·K, Cm) for each degree, summed at the receivers."""
    b, n, _ = basis.scalar.shape
    return Densities(
        basis.scalar @ sent[0],
        (basis.vector @ sent[1]).view(b, 3, n, -1),
        (basis.tensor @ sent[2]).view(b, 5, n, -1),
    )


class Update(nn.Module):
    """New features of an atom from invariants of its densities; none without neighbours."""

    def __init__(self, config: CorrectionConfig, *, with_inward: bool, with_vectors: bool):
        super().__init__()
        c, m = config.channels, config.message_channels
        self.with_vectors = with_vectors
        self.mix_vector = nn.Linear(m, (3 if with_vectors else 2) * m, bias=False)
        self.mix_tensor = nn.Linear(m, 2 * m, bias=False)
        self.read = nn.Linear((5 if with_inward else 4) * m, 2 * c, bias=False)
        self.gate = nn.Linear(c, 2 * c)
        self.write = nn.Linear(2 * c, c, bias=False)
        if with_vectors:
            self.vector_gate = nn.Linear(c, m)

    def forward(
        self, h: Tensor, densities: Densities, inward: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Features (B, N, C), and vectors (B, N, 3, Cm) where there are to be any."""
        p, q, *r = self.mix_vector(densities.vector).chunk(3 if self.with_vectors else 2, dim=-1)
        s, t = self.mix_tensor(densities.tensor).chunk(2, dim=-1)
        bent = solid_harmonics(p.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        invariants = [densities.scalar] if inward is None else [densities.scalar, inward]
        invariants += [(p * q).sum(1), (s * t).sum(1), (bent * s).sum(1)]
        read = self.read(torch.cat(invariants, dim=-1))
        h = h + self.write(read * silu(self.gate(h) + read))
        if not self.with_vectors:
            return h, None
        return h, r[0].transpose(1, 2) * self.vector_gate(h)[:, :, None]


class CorrectionNetwork(nn.Module):
    """Energies of molecules, zero for atoms that see no other."""

    def __init__(self, config: CorrectionConfig | None = None):
        super().__init__()
        self.config = config = config or CorrectionConfig()
        c = config.channels
        self.embed = nn.Embedding(MAX_NUMBER, c)
        self.first = FirstMessages(config)
        self.second = Messages(config)
        self.first_update = Update(config, with_inward=False, with_vectors=True)
        self.second_update = Update(config, with_inward=True, with_vectors=False)
        self.hidden = nn.Linear(c, c)
        self.out = nn.Linear(c, config.n_outputs, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, molecules: Molecules) -> Tensor:
        """Energies (B, O) in eV."""
        basis = pair_basis(molecules, self.config.n_radial, self.config.cutoff)
        alone = self.embed(molecules.numbers)
        h, v = self.first_update(alone, self.first(molecules.numbers, basis), None)
        assert v is not None
        h, _ = self.second_update(h, *self.second(h, v, basis))
        seen = self._read_out(h) - self._read_out(alone)
        return (seen * molecules.mask[..., None]).sum(dim=1)

    def _read_out(self, h: Tensor) -> Tensor:
        return self.out(silu(self.hidden(h)))
