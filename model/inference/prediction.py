"""What a reaction comes out with: the TS that is kept, its certainty and its barrier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tscreen.model.inference.assessment import Barrier, assess
from tscreen.model.inference.coverage import covers, knows_parts
from tscreen.model.inference.fusion import Choice, choose
from tscreen.model.inference.generator import Candidates
from tscreen.model.networks.assessor import Assessor
from tscreen.model.reactions.energies import Energies
from tscreen.model.weights import Card
from tscreen.schemas.reaction import Reaction


@dataclass(frozen=True)
class Prediction:
    """What is known of a reaction of N atoms once its K candidates have energies.

    Attributes:
        kept: the candidate that is its TS.
        structures: the candidates ``(K, N, 3)`` in Å, this one first.
        expected_rmsd: of it, in Å; nan where the networks do not cover the reaction.
        p_good: P(RMSD < 0.2 Å) of it; 0 there.
        barrier: by it; None where no level of theory covers the reaction.
    """

    kept: int
    structures: NDArray[np.float32]
    expected_rmsd: float
    p_good: float
    barrier: Barrier | None


def predict(
    assessor: Assessor,
    card: Card,
    reactions: Sequence[Reaction],
    candidates: Sequence[Candidates],
    energies: Sequence[Energies],
) -> list[Prediction | None]:
    """The prediction for every reaction, in order; None where no candidate has energies.

    A reaction with elements, a charge or a spin that the networks have not seen keeps the first
    candidate that has an energy.

    Args:
        assessor: weighs the candidates by their energies.
        card: of its weights.
        reactions: R of them.
        candidates: of each.
        energies: of each.
    """
    assessed = assess(assessor, reactions, [one.structures for one in candidates], energies)
    out: list[Prediction | None] = []
    for reaction, found, judgement, computed in zip(
        reactions, candidates, assessed, energies, strict=True
    ):
        if knows_parts(card, reaction):
            choice = choose(assessor.fusion, found, judgement)
        else:
            choice = _first_computed(computed)
        known = covers(card, reaction)
        if choice is None:
            out.append(None)
            continue
        order = np.argsort(np.arange(len(found.structures)) != choice.index, kind="stable")
        out.append(
            Prediction(
                choice.index,
                found.structures[order],
                choice.expected_rmsd if known else np.nan,
                choice.p_good if known else 0.0,
                judgement.barrier_of(choice.index, reaction, card.levels),
            )
        )
    return out


def _first_computed(energies: Energies) -> Choice | None:
    """The first candidate that has an energy, of which nothing else is known."""
    computed = np.flatnonzero(np.isfinite(energies.barriers))
    return Choice(int(computed[0]), np.nan, 0.0) if len(computed) else None
