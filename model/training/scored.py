"""Samples of reactions that their generator was not trained on: what the scorers learn from.

Sampling the generator's own training reactions shows errors far smaller than those it makes on
new ones. So either one part of the training rows is kept from the generator, or each fold of them
is sampled with a generator that was trained on the other folds (cross-fitting). Without folds the
generator's own rows teach barriers alone: these are the reference's whatever the samples are like.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import device_of
from tscreen.model.inference.sampling import sample_structures
from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.networks.trunk import Expectation
from tscreen.model.reactions.batch import ReactionBatch, collate
from tscreen.model.reactions.data import ReferenceReaction, batches_by_size
from tscreen.model.reactions.energies import Energies, SinglePoints
from tscreen.model.reactions.geometry import rmsd

MAX_PAIRS = 1500  # per batch


@dataclass(frozen=True)
class ScoredReaction:
    """A reaction of N atoms and P pairs with S samples of its TS.

    Attributes:
        reference: the reaction and its true TS.
        samples: ``(S, N, 3)`` in Å.
        distance: the generator's expected TS distances ``(P,)`` in Å.
        spread: its expected error of these ``(P,)`` in Å.
        energies: of the true TS and then of the first samples, or None.
        unseen: whether the generator was not trained on it.
    """

    reference: ReferenceReaction
    samples: NDArray[np.float32]
    distance: NDArray[np.float32]
    spread: NDArray[np.float32]
    energies: Energies | None = None
    unseen: bool = True

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.reference.prepared.n_atoms


@dataclass(frozen=True)
class ScoredReactionBatch:
    """Scored reactions of one batch.

    Attributes:
        batch: the reactions.
        expected: what their generator expected.
        samples: ``(S, B, N, 3)`` in Å.
        rmsd: of every sample from the true TS ``(S, B)`` in Å.
    """

    batch: ReactionBatch
    expected: Expectation
    samples: Tensor
    rmsd: Tensor


@torch.no_grad()
def sample_references(
    network: TransitionStateNetwork,
    rows: Sequence[ReferenceReaction],
    sampling: Sampling,
    unseen: bool = True,
) -> list[ScoredReaction]:
    """Sample reactions whose TS is known; ``unseen`` where ``network`` was not trained on them."""
    device = device_of(network)
    scored: list[ScoredReaction] = []
    for indices in batches_by_size([row.prepared.n_atoms for row in rows], MAX_PAIRS):
        chosen = [rows[i] for i in indices]
        batch = collate([row.prepared for row in chosen]).to(device)
        trunk = network.trunk(batch)
        names = [row.reaction_id for row in chosen]
        samples = sample_structures(network, trunk, batch, names, sampling)
        scored += _split(chosen, samples.cpu().numpy(), trunk, batch)
    return [replace(one, unseen=unseen) for one in scored]


def _split(
    rows: Sequence[ReferenceReaction],
    samples: NDArray[np.float32],
    expected: Expectation,
    batch: ReactionBatch,
) -> list[ScoredReaction]:
    counts = torch.bincount(batch.pair_reaction, minlength=len(rows))
    pairs = counts.cumsum(0)[:-1].cpu().numpy()
    distances = np.split(expected.distance.cpu().numpy(), pairs)
    spreads = np.split(expected.spread.cpu().numpy(), pairs)
    return [
        ScoredReaction(row, samples[:, k, : row.prepared.n_atoms].copy(), distance, spread)
        for k, (row, distance, spread) in enumerate(zip(rows, distances, spreads, strict=True))
    ]


def with_energies(
    rows: Sequence[ScoredReaction], single_points: SinglePoints, count: int
) -> list[ScoredReaction]:
    """The same with energies of the true TS and of the first ``count`` samples."""
    structures = [
        np.concatenate([row.reference.prepared.ts[None], row.samples[:count]])  # type: ignore[index]
        for row in rows
    ]
    energies = single_points([row.reference.reaction for row in rows], structures)
    return [replace(row, energies=e) for row, e in zip(rows, energies, strict=True)]


def collate_scored(rows: Sequence[ScoredReaction], device: str) -> ScoredReactionBatch:
    """Stack scored reactions with equally many samples, padded to the largest."""
    batch = collate([row.reference.prepared for row in rows]).to(device)
    assert batch.ts is not None
    samples = torch.zeros(len(rows[0].samples), *batch.shape, 3)
    for k, row in enumerate(rows):
        samples[:, k, : row.n_atoms] = torch.from_numpy(row.samples)
    samples = samples.to(device)
    expected = Expectation(
        torch.from_numpy(np.concatenate([row.distance for row in rows])).to(device),
        torch.from_numpy(np.concatenate([row.spread for row in rows])).to(device),
    )
    error = rmsd(samples, batch.ts.expand_as(samples), batch.mask)
    return ScoredReactionBatch(batch, expected, samples, error)
