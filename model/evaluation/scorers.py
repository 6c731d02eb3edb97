"""Calibration of recommender and assessor, together and as they will be used."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tscreen.model.inference.assessment import Assessed, assess, choose, fit_fusion
from tscreen.model.inference.calibration import conformal_factor, fit_expected, fit_odds
from tscreen.model.inference.defaults import SAMPLES, STEPS
from tscreen.model.inference.generator import Candidates, recommend
from tscreen.model.inference.loading import TrainedModel
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.model.reactions.energies import SinglePoints
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.weights import Level


def calibrate(
    model: TrainedModel,
    rows: Sequence[ReferenceReaction],
    training: Sequence[ReferenceReaction],
    levels: Sequence[str],
    single_points: SinglePoints,
    *,
    seed: int,
    device: str,
) -> list[Level]:
    """Calibrate both scorers on ``rows``, which no part of the model was trained on.

    Returns:
        The ``levels`` of the assessor's barriers, each with what ``training`` covers of it.
    """
    reactions = [row.reaction for row in rows]
    found = recommend(model, reactions, n_samples=SAMPLES, steps=STEPS, seed=seed, device=device)
    candidates = [one.candidates for one in found]
    errors = [candidate_errors(c, row) for c, row in zip(candidates, rows, strict=True)]
    first = torch.tensor([e[0] for e in errors]).float()
    log_rmsd = torch.tensor([c.log_rmsd[0] for c in candidates])
    odds = torch.tensor([c.good[0] for c in candidates]).unsqueeze(-1)
    model.recommender.calibration.copy_(
        torch.cat([fit_expected(log_rmsd, first), fit_odds(odds, first)])
    )
    structures = [c.structures for c in candidates]
    energies = single_points(reactions, structures)
    assessed = assess(model.assessor, reactions, structures, energies, device)
    model.assessor.fusion.copy_(fit_fusion(candidates, assessed, errors))
    picks = [_pick(model, c, a) for c, a in zip(candidates, assessed, strict=True)]
    return [
        _level(name, index, rows, assessed, picks, training) for index, name in enumerate(levels)
    ]


def candidate_errors(candidates: Candidates, row: ReferenceReaction) -> NDArray[np.float32]:
    """RMSD ``(K,)`` in Å of every candidate from the reference TS."""
    assert row.prepared.ts is not None
    x, ts = torch.from_numpy(candidates.structures), torch.from_numpy(row.prepared.ts)
    mask = torch.ones(len(x), row.prepared.n_atoms, dtype=torch.bool)
    return rmsd(x, ts.expand_as(x), mask).numpy()


def _pick(model: TrainedModel, candidates: Candidates, assessed: Assessed) -> int | None:
    choice = choose(model.assessor.fusion, candidates, assessed)
    return None if choice is None else choice.index


def _level(
    name: str,
    index: int,
    rows: Sequence[ReferenceReaction],
    assessed: Sequence[Assessed],
    picks: Sequence[int | None],
    training: Sequence[ReferenceReaction],
) -> Level:
    """A level of theory with its interval, from the barriers of ``rows`` that are known at it."""
    error, spread = [], []
    for row, found, pick in zip(rows, assessed, picks, strict=True):
        if pick is not None and row.barrier is not None and row.level == name:
            error.append(abs(float(found.barrier[pick, index]) - row.barrier))
            spread.append(float(found.spread[pick, index]))
    known = [row.prepared for row in training if row.barrier is not None and row.level == name]
    return Level(
        name,
        elements=frozenset(int(z) for one in known for z in one.numbers),
        max_atoms=max(one.n_atoms for one in known),
        interval=conformal_factor(np.array(error), np.array(spread)),
    )
