"""A table of bond changes with their likelihoods: what a network that proposes steps has to beat.

The template of a step tells the elements of the bonds that break, and of those that form together
with how far apart these atoms were, in bonds. Its likelihood is how many of the training reactions
have it, over how many enumerated steps do.
"""

import math
from collections import Counter
from collections.abc import Iterable

import networkx as nx

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration, PossibleStep
from tscreen.actors.exploring.graphs import MolecularGraph, names_of

FAR = 6
"""Bonds between two atoms, beyond which it counts no longer."""
LEAST = 5
"""Enumerated steps that must have a template before its likelihood counts."""

Template = tuple


def template(reactant: MolecularGraph, broken: Iterable, formed: Iterable) -> Template:
    """What is local to a set of bond changes."""
    z = reactant.numbers
    graph = nx.Graph(reactant.bonds)
    graph.add_nodes_from(range(len(z)))

    def elements(pair: tuple[int, int]) -> tuple[int, ...]:
        return tuple(sorted(z[atom] for atom in pair))

    def distance(pair: tuple[int, int]) -> int:
        if not nx.has_path(graph, *pair):
            return FAR
        return min(FAR, nx.shortest_path_length(graph, *pair))

    return (
        tuple(sorted(elements(pair) for pair in broken)),
        tuple(sorted((elements(pair), distance(pair)) for pair in formed)),
    )


def coarse(fine: Template) -> Template:
    """The same without distances."""
    return fine[0], tuple(sorted(pair for pair, _ in fine[1]))


class TemplateTable:
    """Log-likelihoods of bond changes.

    Args:
        known: reactants of reactions, and the bonds that these break and form.
        sample: how many of the reactants are enumerated for the denominators.
    """

    def __init__(
        self, known: list[tuple[MolecularGraph, list, list]], sample: int, most_ways: int
    ) -> None:
        self._true: Counter[Template] = Counter()
        self._all: Counter[Template] = Counter()
        for reactant, broken, formed in known:
            self._count(self._true, template(reactant, broken, formed), 1.0)
        reactants = [one for one, _, _ in known[:sample] if names_of(one) is not None]
        share = len(known) / len(reactants)
        for reactant in reactants:
            for step in Enumeration(reactant, BondLimits()).steps(most_ways):
                self._count(self._all, template(reactant, step.broken, step.formed), share)
        self._least = LEAST * share

    @staticmethod
    def _count(counter: Counter, fine: Template, times: float) -> None:
        counter[fine] += times
        counter[coarse(fine)] += times

    def log_likelihood(self, reactant: MolecularGraph, step: PossibleStep) -> float:
        """Of a step; by its elements alone where its template is rare."""
        fine = template(reactant, step.broken, step.formed)
        known = fine if self._all[fine] >= self._least else coarse(fine)
        return math.log((self._true[known] + 0.1) / (self._all[known] + 1.0))
