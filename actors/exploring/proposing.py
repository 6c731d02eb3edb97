"""Steps that the model proposes, beside those that are enumerated, and how probable each is."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tscreen.actors.exploring.enumeration import Enumeration, PossibleStep
from tscreen.actors.exploring.graphs import MolecularGraph
from tscreen.model.proposals.card import ProposalCard
from tscreen.model.proposals.loading import load_proposals
from tscreen.model.proposals.network import ProposalNetwork
from tscreen.model.proposals.search import Changes, ProposalSearch
from tscreen.model.proposals.steps import alone


@dataclass(frozen=True)
class RatedStep:
    """A step, and what the model thinks of it.

    Attributes:
        step: the most probable way to its products, or the enumerated one.
        log_probability: of all ways to them that were looked at, of one reactant's steps.
    """

    step: PossibleStep
    log_probability: float


@dataclass(frozen=True)
class Proposer:
    """A network that proposes steps, and what it was trained on."""

    network: ProposalNetwork
    card: ProposalCard

    @classmethod
    def load(cls, folder: Path | None) -> "Proposer | None":
        """That of a folder of weights, by default the shipped ones; None where it has none.

        Raises:
            WeightsError: it cannot be read.
        """
        found = load_proposals(folder)
        return None if found is None else cls(*found)

    def rated(
        self,
        enumeration: Enumeration,
        enumerated: list[PossibleStep],
        positions: np.ndarray,
        most: int,
    ) -> tuple[list[RatedStep], list[RatedStep]]:
        """The enumerated steps in their order, and the most probable others, the first one first.

        Args:
            enumeration: of the reactant, whose atoms `covers` knows.
            enumerated: steps of it.
            positions: of the reactant (N, 3), Å; its molecules may lie on top of each other.
            most: how many steps may be proposed, those that are enumerated, too, included.
        """
        graph = enumeration.reactant
        search = ProposalSearch(
            self.network, alone(np.array(graph.numbers, np.uint8), positions, _molecules(graph))
        )
        told = search.log_probabilities({_changes(step) for step in enumerated})
        known = {step.products: step for step in enumerated}
        ways: dict[tuple[str, ...], PossibleStep] = {}
        rates: dict[tuple[str, ...], float] = {}
        for changes in sorted(told, key=lambda one: (-told[one], sorted(one))):
            step = enumeration.step(changes)
            if step is not None:
                ways.setdefault(step.products, step)
                before = rates.get(step.products, -math.inf)
                rates[step.products] = float(np.logaddexp(before, told[changes]))
        best = sorted(rates, key=lambda products: -rates[products])[:most]
        return (
            [RatedStep(step, rates[products]) for products, step in known.items()],
            [RatedStep(ways[one], rates[one]) for one in best if one not in known],
        )


def _changes(step: PossibleStep) -> Changes:
    return Changes((*step.broken, *step.formed))


def _molecules(graph: MolecularGraph) -> np.ndarray:
    """The molecule that each atom belongs to, (N,) uint8."""
    found = np.zeros(len(graph.numbers), np.uint8)
    for number, atoms in enumerate(graph.parts()):
        found[atoms] = number
    return found
