"""Which reactions the networks may speak of, and what else is tried where they may not."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import (
    NO_ODDS,
    NO_TURNS,
    Candidates,
    Recommendation,
    recommend,
)
from tscreen.model.inference.loading import Generator
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.weights import Card
from tscreen.model.weights.kinds import kind_of
from tscreen.model.weights.seen import cover
from tscreen.schemas.reaction import Reaction

SAMPLED = 2
"""Candidates that are samples where the networks do not know an element."""


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

    Of elements that the networks were not trained on they know the place in the periodic table
    alone: there a structure by geometry alone is the last candidate. Where anything is unknown
    there is no expected RMSD (nan), and ``p_good`` is 0.
    """
    found = recommend(model, reactions, sampling, turn=turn)
    return [
        _rated(model.card, reaction, one) for reaction, one in zip(reactions, found, strict=True)
    ]


def _rated(card: Card, reaction: Reaction, found: Recommendation) -> Recommendation:
    if covers(card, reaction):
        return found
    candidates = found.candidates
    if not knows_elements(card, reaction):
        candidates = with_middle(candidates, reaction)
    return replace(found, candidates=candidates, expected_rmsd=np.nan, p_good=0.0)


def with_middle(candidates: Candidates, reaction: Reaction) -> Candidates:
    """The first candidates, and in place of the others the middle between the two sides."""
    batch = collate([prepare(reaction)])
    middle = build_prior(batch, midpoint(batch)).numpy().reshape(1, -1, 3)
    return Candidates(
        np.concatenate([candidates.structures[:SAMPLED], middle]),
        np.append(candidates.log_rmsd[:SAMPLED], np.float32(np.nan)),
        np.append(candidates.good[:SAMPLED], np.float32(NO_ODDS)),
    )
