"""Which reactions the networks may speak of, and what stands in for them where they may not."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np
import torch

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import (
    NO_ODDS,
    NO_TURNS,
    Candidates,
    RatedSamples,
    Recommendation,
    recommend,
)
from tscreen.model.inference.loading import Generator
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.prior import PriorChoice, build_prior
from tscreen.model.weights import Card
from tscreen.model.weights.kinds import kind_of
from tscreen.model.weights.seen import cover
from tscreen.schemas.reaction import Reaction

BLENDS = (0.5, 0.3, 0.7)
"""From reactant to product: of the priors that stand in for samples, the one to try first first."""


def knows_elements(card: Card, reaction: Reaction) -> bool:
    """Whether the networks were trained on all its elements."""
    return card.elements.issuperset(reaction.atomic_numbers.tolist())


def knows_parts(card: Card, reaction: Reaction) -> bool:
    """Whether they were trained on reactions of such molecules, whatever bonds changed in these."""
    kind = kind_of(reaction)
    return cover(card.seen, replace(kind, bonds=frozenset()))


def covers(card: Card, reaction: Reaction) -> bool:
    """Whether anything that the networks say of a reaction is worth believing.

    They were trained on reactions of its charge and spin that have its elements and molecules of
    these charges and spins, and whose bonds form and break between the same elements.
    """
    return cover(card.seen, kind_of(reaction))


def propose(
    model: Generator,
    reactions: Sequence[Reaction],
    sampling: Sampling,
    *,
    turn: AbstractContextManager = NO_TURNS,
) -> list[Recommendation]:
    """A TS for every reaction, in order, as `generator.recommend` gives them.

    Where an element is unknown the candidates come from the prior, without the networks. Where
    anything is, there is no expected RMSD (nan) and ``p_good`` is 0.
    """
    known = [knows_elements(model.card, reaction) for reaction in reactions]
    asked = [reaction for reaction, is_known in zip(reactions, known, strict=True) if is_known]
    sampled = iter(recommend(model, asked, sampling, turn=turn))
    found = [
        next(sampled) if is_known else from_prior(reaction)
        for reaction, is_known in zip(reactions, known, strict=True)
    ]
    return [
        one if covers(model.card, reaction) else replace(one, expected_rmsd=np.nan, p_good=0.0)
        for reaction, one in zip(reactions, found, strict=True)
    ]


def from_prior(reaction: Reaction) -> Recommendation:
    """Structures between the two sides by geometry alone, of which nothing is known."""
    batch = collate([prepare(reaction)])
    blend = torch.tensor(BLENDS)[:, None]
    choice = PriorChoice(blend, blend, torch.zeros_like(blend))
    structures = build_prior(batch, choice)[:, 0].numpy()
    count = len(structures)
    candidates = Candidates(
        structures, np.full(count, np.nan, np.float32), np.full(count, NO_ODDS, np.float32)
    )
    nothing = np.zeros(0, np.float32)
    return Recommendation(
        candidates,
        expected_rmsd=np.nan,
        p_good=0.0,
        sample_spread=np.nan,
        samples=RatedSamples(structures[:0], nothing, nothing),
    )
