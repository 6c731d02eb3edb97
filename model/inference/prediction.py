"""What a reaction comes out with: the TS that is kept, its certainty and its barrier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tscreen.model.inference.assessment import Barrier, assess
from tscreen.model.inference.fusion import choose
from tscreen.model.inference.generator import Candidates
from tscreen.model.networks.assessor import Assessor
from tscreen.model.reactions.energies import Energies
from tscreen.model.weights import Level
from tscreen.schemas.reaction import Reaction


@dataclass(frozen=True)
class Prediction:
    """What is known of a reaction of N atoms once its K candidates have energies.

    Attributes:
        kept: the candidate that is its TS.
        structures: the candidates ``(K, N, 3)`` in Å, this one first.
        expected_rmsd: of it, in Å.
        p_good: P(RMSD < 0.2 Å) of it.
        barrier: by it; None where no level of theory covers the reaction.
    """

    kept: int
    structures: NDArray[np.float32]
    expected_rmsd: float
    p_good: float
    barrier: Barrier | None


def predict(
    assessor: Assessor,
    levels: Sequence[Level],
    reactions: Sequence[Reaction],
    candidates: Sequence[Candidates],
    energies: Sequence[Energies],
) -> list[Prediction | None]:
    """The prediction for every reaction, in order; None where no candidate has energies.

    ``levels`` are those of the assessor's barriers, from its card.
    """
    assessed = assess(assessor, reactions, [one.structures for one in candidates], energies)
    out: list[Prediction | None] = []
    for reaction, found, judgement in zip(reactions, candidates, assessed, strict=True):
        choice = choose(assessor.fusion, found, judgement)
        if choice is None:
            out.append(None)
            continue
        order = np.argsort(np.arange(len(found.structures)) != choice.index, kind="stable")
        out.append(
            Prediction(
                choice.index,
                found.structures[order],
                choice.expected_rmsd,
                choice.p_good,
                judgement.barrier_of(choice.index, reaction, levels),
            )
        )
    return out
