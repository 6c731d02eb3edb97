"""Calibration of recommender and assessor, together and as they will be used."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tscreen.model.inference.assessment import Assessed, assess
from tscreen.model.inference.calibration import conformal_factor, fit_expected, fit_odds
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.fusion import Choice, choose, fit_fusion
from tscreen.model.inference.generator import recommend
from tscreen.model.inference.loading import TrainedModel
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.model.reactions.energies import SinglePoints
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.weights import Level
from tscreen.model.weights.kinds import kinds_in


def calibrate(
    model: TrainedModel,
    rows: Sequence[ReferenceReaction],
    training: Sequence[ReferenceReaction],
    levels: Sequence[str],
    single_points: SinglePoints,
    sampling: Sampling,
) -> list[Level]:
    """Calibrate both scorers on ``rows``, which no part of the model was trained on.

    Returns:
        The ``levels`` of the assessor's barriers, each with what ``training`` covers of it.
    """
    reactions = [row.reaction for row in rows]
    candidates = [one.candidates for one in recommend(model, reactions, sampling)]
    structures = [c.structures for c in candidates]
    errors = [candidate_errors(x, row) for x, row in zip(structures, rows, strict=True)]
    first = torch.tensor([e[0] for e in errors]).float()
    log_rmsd = torch.tensor([c.log_rmsd[0] for c in candidates])
    odds = torch.tensor([c.good[0] for c in candidates]).unsqueeze(-1)
    model.recommender.calibration.copy_(
        torch.cat([fit_expected(log_rmsd, first), fit_odds(odds, first)])
    )
    energies = single_points(reactions, structures)
    assessed = assess(model.assessor, reactions, structures, energies)
    model.assessor.fusion.copy_(fit_fusion(candidates, assessed, errors))
    fusion = model.assessor.fusion
    choices = [choose(fusion, c, a) for c, a in zip(candidates, assessed, strict=True)]
    return [
        _level(name, index, rows, assessed, choices, training) for index, name in enumerate(levels)
    ]


def candidate_errors(
    structures: NDArray[np.float32], row: ReferenceReaction
) -> NDArray[np.float32]:
    """RMSD ``(K,)`` in Å of candidates ``(K, N, 3)`` from the reference TS."""
    assert row.prepared.ts is not None
    x, ts = torch.from_numpy(structures), torch.from_numpy(row.prepared.ts)
    mask = torch.ones(len(x), row.prepared.n_atoms, dtype=torch.bool)
    return rmsd(x, ts.expand_as(x), mask).numpy()


def _level(
    name: str,
    index: int,
    rows: Sequence[ReferenceReaction],
    assessed: Sequence[Assessed],
    choices: Sequence[Choice | None],
    training: Sequence[ReferenceReaction],
) -> Level:
    """A level of theory with its interval, from the barriers of ``rows`` that are known at it."""
    error, spread = [], []
    for row, found, choice in zip(rows, assessed, choices, strict=True):
        if choice is not None and row.barrier is not None and row.level == name:
            error.append(abs(float(found.barrier[choice.index, index]) - row.barrier))
            spread.append(float(found.spread[choice.index, index]))
    known = [row for row in training if row.barrier is not None and row.level == name]
    return Level(
        name,
        seen=kinds_in(one.reaction for one in known),
        max_atoms=max(one.prepared.n_atoms for one in known),
        interval=conformal_factor(np.array(error), np.array(spread)),
    )
