"""Samples for the scorers, where it can be from a generator that has not seen the reaction."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from tscreen.model.inference.defaults import STEPS, Sampling
from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.reactions.data import DataSplit, ReferenceReaction, fold_of, share_of_epochs
from tscreen.model.reactions.energies import SinglePoints
from tscreen.model.training.scored import ScoredReaction, sample_references, with_energies

SAMPLES = 20
WITH_ENERGIES = 7  # of these
CHUNK = 256  # reactions between two looks at the clock


def without_fold(data: DataSplit, fold: int, folds: int) -> DataSplit:
    """The data that the generator of one of ``folds`` is trained on: all other folds."""
    train = [row for row in data.train if fold_of(row.reaction_id, folds) != fold]
    return DataSplit(train, data.held_out, data.val)


def rows_of_fold(data: DataSplit, fold: int, folds: int) -> list[ReferenceReaction]:
    """The training rows that the generator of that fold has not seen."""
    return [row for row in data.train if fold_of(row.reaction_id, folds) == fold]


def score_until(
    network: TransitionStateNetwork,
    rows: Sequence[ReferenceReaction],
    single_points: SinglePoints,
    *,
    deadline: float,
    seed: int,
    unseen: bool = True,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[ScoredReaction]:
    """Sample ``rows`` and compute energies until ``deadline`` (monotonic seconds) or the end.

    The order is random. A table of few rows is not left to chance: each has the same weight as a
    whole. A large reaction comes late by its weight (`share_of_epochs`), so that a few large ones
    do not use all the time up. ``unseen`` says whether ``network`` was not trained on them.
    """
    order = _weighted_order(rows, seed)
    sampling = Sampling(SAMPLES if unseen else WITH_ENERGIES, STEPS, seed)
    scored: list[ScoredReaction] = []
    for first in range(0, len(rows), CHUNK):
        chosen = [rows[i] for i in order[first : first + CHUNK]]
        sampled = sample_references(network, chosen, sampling, unseen)
        scored += with_energies(sampled, single_points, WITH_ENERGIES)
        on_progress(len(chosen))
        if time.monotonic() > deadline:
            break
    return scored


def _weighted_order(rows: Sequence[ReferenceReaction], seed: int) -> list[int]:
    """Random order in which what weighs little comes late (Efraimidis and Spirakis 2006)."""
    atoms = np.array([row.prepared.n_atoms for row in rows])
    in_table = Counter(row.table for row in rows)
    weight = share_of_epochs(atoms) / np.array([in_table[row.table] for row in rows])
    return np.argsort(np.random.default_rng(seed).exponential(size=len(rows)) / weight).tolist()
