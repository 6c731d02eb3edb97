"""The assessor: what is the barrier, and is this its TS, given a quick quantum chemistry's view?

GFN2-xTB barriers are many kcal/mol off, but not at random: the error depends on which bonds change
and on how far the geometry is from that level's own saddle point, which the forces tell. A
`StructureEncoder` that also sees energies and forces predicts the correction to the reference
barrier with its spread, and the structure's distance from the true TS. It learns from reference and
from generated structures alike, so that it does not trust a geometry blindly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tscreen.model.networks.encoder import EncoderConfig, StructureEncoder
from tscreen.model.networks.layers import RadialBasis
from tscreen.model.networks.recommender import Score
from tscreen.model.reactions.batch import ReactionBatch
from tscreen.model.reactions.handedness import N_ATOM_INVARIANTS, N_INVARIANTS, side_fit

CORRECTION_UNIT = 10.0  # kcal/mol
ENERGY_UNIT = 50.0  # kcal/mol
MAX_ENERGY = 300.0  # kcal/mol; more is no barrier but a collision
FORCE_UNIT = 0.5  # eV/Å
N_MEMBERS = 3
N_PULL = 12
N_ENERGIES = 6


@dataclass(frozen=True)
class View:
    """Single points of S structures of each of B reactions.

    Attributes:
        barrier: energy above the reactant side ``(S, B)``, kcal/mol.
        reaction_energy: of the product side above the reactant side ``(B,)``, kcal/mol.
        forces: on every atom ``(S, B, N, 3)``, eV/Å.
    """

    barrier: Tensor
    reaction_energy: Tensor
    forces: Tensor


@dataclass(frozen=True)
class Assessment:
    """What is predicted of every structure.

    Attributes:
        barrier: of the reaction at every level of theory ``(S, B, levels)``, kcal/mol.
        spread: expected absolute error of that ``(S, B, levels)``, kcal/mol.
        score: of the structure, each ``(S, B)``.
    """

    barrier: Tensor
    spread: Tensor
    score: Score


class AssessorMember(nn.Module):
    """One opinion on structures with their energies; see `Assessment`."""

    def __init__(self, n_levels: int, config: EncoderConfig):
        super().__init__()
        self.n_levels = n_levels
        self.pull = RadialBasis(N_PULL, -2.0, 2.0)
        self.encoder = StructureEncoder(
            config, pair_inputs=N_PULL, atom_inputs=N_ATOM_INVARIANTS + 1
        )
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(self.encoder.width + N_INVARIANTS + N_ENERGIES, 128),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(128, 3 + 3 * n_levels),
        )

    def forward(self, x: Tensor, view: View, batch: ReactionBatch) -> Assessment:
        """Assess structures ``x (S, B, N, 3)`` in Å."""
        fit = side_fit(x, batch)
        size = view.forces.norm(dim=-1, keepdim=True)
        read = self.encoder(
            x,
            self.pull(torch.asinh(_pulls(x, view.forces, batch) / FORCE_UNIT)),
            torch.cat([fit.atoms, torch.asinh(size / FORCE_UNIT)], dim=-1),
            batch,
        )
        out = self.head(torch.cat([read, fit.whole, _energies(view, size, batch)], dim=-1))
        trust, shift, log_spread = out[..., 3:].unflatten(-1, (self.n_levels, 3)).unbind(-1)
        # a collision's energy says nothing, so the network may leave it out
        trusted = torch.sigmoid(2.0 + trust) * _clamped(view.barrier).unsqueeze(-1)
        return Assessment(
            barrier=trusted + CORRECTION_UNIT * shift,
            spread=CORRECTION_UNIT * log_spread.clamp(-4.0, 4.0).exp(),
            score=Score.from_head(out[..., :3]),
        )


class Assessor(nn.Module):
    """Several members' opinions as one; their disagreement adds to the spread.

    Trained apart from different starts, they err less together than the best of them alone (deep
    ensemble; Lakshminarayanan et al., NeurIPS 2017).
    """

    fusion: Tensor

    def __init__(
        self, n_levels: int, config: EncoderConfig | None = None, n_members: int = N_MEMBERS
    ):
        super().__init__()
        self.config = config or EncoderConfig()
        self.members = nn.ModuleList(
            AssessorMember(n_levels, self.config) for _ in range(n_members)
        )
        # how its score and the recommender's go together; see
        # `tscreen.model.inference.fusion.fit_fusion`
        self.register_buffer("fusion", torch.tensor([0.5, 0.5, 1.0, 0.0, 0.5, 0.5, 0.0]))

    def forward(self, x: Tensor, view: View, batch: ReactionBatch) -> Assessment:
        """Assess structures ``x (S, B, N, 3)`` in Å."""
        found: list[Assessment] = [member(x, view, batch) for member in self.members]
        barriers = torch.stack([one.barrier for one in found])
        scores = [one.score for one in found]
        return Assessment(
            barrier=barriers.mean(0),
            spread=torch.stack([one.spread for one in found]).mean(0)
            + barriers.std(0, unbiased=False),
            score=Score(
                torch.stack([score.log_rmsd for score in scores]).mean(0),
                torch.stack([score.log_width for score in scores]).mean(0),
                torch.stack([score.good for score in scores]).mean(0),
            ),
        )


def _clamped(energy: Tensor) -> Tensor:
    return energy.clamp(-MAX_ENERGY, MAX_ENERGY)


def _pulls(x: Tensor, forces: Tensor, batch: ReactionBatch) -> Tensor:
    """How hard the forces pull the atoms of each pair apart ``(S, P)``, eV/Å."""
    flat_x, flat_f = x.flatten(-3, -2), forces.flatten(-3, -2)
    first, second = batch.first_atom, batch.second_atom
    along = flat_x[:, first] - flat_x[:, second]
    along = along / along.norm(dim=-1, keepdim=True).clamp(min=0.1)
    return ((flat_f[:, first] - flat_f[:, second]) * along).sum(-1)


def _energies(view: View, size: Tensor, batch: ReactionBatch) -> Tensor:
    """The energies and the forces as a whole ``(S, B, N_ENERGIES)``."""
    barrier = _clamped(view.barrier)
    reaction_energy = _clamped(view.reaction_energy).expand_as(barrier)
    count = batch.mask.sum(-1).to(barrier.dtype)
    mean_square = size.squeeze(-1).square().sum(-1) / count
    numbers = [
        barrier / ENERGY_UNIT,
        (barrier - reaction_energy) / ENERGY_UNIT,
        reaction_energy / ENERGY_UNIT,
        (mean_square + 1e-4).log(),
        torch.asinh(size.squeeze(-1).amax(-1) / FORCE_UNIT),
        (count / 14.0).log().expand_as(barrier),
    ]
    return torch.stack(numbers, dim=-1)
