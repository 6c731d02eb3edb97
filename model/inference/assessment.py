"""What the assessor makes of structures and their single points: barriers, and its own trust."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tscreen.model.inference.loading import device_of
from tscreen.model.networks.assessor import Assessment, Assessor, View
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import batches_by_size
from tscreen.model.reactions.energies import Energies
from tscreen.model.weights import Level
from tscreen.model.weights.kinds import kind_of
from tscreen.schemas.reaction import Reaction

MAX_PAIRS = 3_000  # per pass


@dataclass(frozen=True)
class Barrier:
    """A predicted barrier and its 90 % interval, kcal/mol, at a level of theory."""

    value: float
    low: float
    high: float
    level: str


@dataclass(frozen=True)
class Assessed:
    """What the assessor makes of the K structures of one reaction.

    Attributes:
        log_rmsd: predicted log(RMSD / Å) ``(K,)``.
        good: log-odds of an RMSD under 0.2 Å ``(K,)``.
        barrier: at every level ``(K, levels)``, kcal/mol.
        spread: expected absolute error of these ``(K, levels)``.
    """

    log_rmsd: NDArray[np.float32]
    good: NDArray[np.float32]
    barrier: NDArray[np.float32]
    spread: NDArray[np.float32]

    def barrier_of(
        self, structure: int, reaction: Reaction, levels: Sequence[Level]
    ) -> Barrier | None:
        """The barrier by one of the structures, at the first level that covers the reaction.

        None where no level does, as for ions and radicals where it was learnt on closed shells:
        the barrier would carry the name of a level that it has nothing to do with.
        """
        kind, n_atoms = kind_of(reaction), len(reaction.atomic_numbers)
        for index, level in enumerate(levels):
            if level.covers(kind, n_atoms):
                value = float(self.barrier[structure, index])
                margin = level.interval * float(self.spread[structure, index])
                return Barrier(value, value - margin, value + margin, level.name)
        return None


@torch.no_grad()
def assess(
    assessor: Assessor,
    reactions: Sequence[Reaction],
    structures: Sequence[NDArray[np.float32]],
    energies: Sequence[Energies],
) -> list[Assessed]:
    """Assess structures ``(K, N, 3)`` in Å of every reaction, in order.

    What cannot be said because a single point is missing is nan.
    """
    device = device_of(assessor)
    prepared = [prepare(reaction) for reaction in reactions]
    out: dict[int, Assessed] = {}
    for indices in batches_by_size([p.n_atoms for p in prepared], MAX_PAIRS):
        batch = collate([prepared[i] for i in indices]).to(device)
        count = max(len(structures[i]) for i in indices)
        x = torch.zeros(count, *batch.shape, 3)
        forces, barrier = torch.zeros_like(x), torch.zeros(count, len(indices))
        for row, i in enumerate(indices):
            k, n = structures[i].shape[:2]
            x[:k, row, :n] = torch.from_numpy(np.ascontiguousarray(structures[i]))
            x[k:, row] = x[0, row]  # as good as any to fill up with
            forces[:k, row, :n] = torch.from_numpy(energies[i].forces)
            barrier[:k, row] = torch.from_numpy(energies[i].barriers)
        reaction_energy = torch.tensor([energies[i].reaction_energy for i in indices]).float()
        view = View(barrier.to(device), reaction_energy.to(device), forces.to(device))
        found = assessor(x.to(device), view, batch)
        for row, i in enumerate(indices):
            out[i] = _row(found, row, len(structures[i]))
    return [out[index] for index in range(len(reactions))]


def _row(found: Assessment, row: int, count: int) -> Assessed:
    parts = (found.score.log_rmsd, found.score.good, found.barrier, found.spread)
    return Assessed(*(part[:count, row].cpu().numpy() for part in parts))
