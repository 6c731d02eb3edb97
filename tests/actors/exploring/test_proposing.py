"""What the model proposes is sound, beside what is enumerated, and is rated with it."""

import numpy as np
import pytest
import torch
from rdkit import Chem

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration
from tscreen.actors.exploring.graphs import graph_of
from tscreen.actors.exploring.proposing import Proposer
from tscreen.actors.smiles.conformers import conformers
from tscreen.model.proposals.card import ProposalCard
from tscreen.model.proposals.network import ProposalConfig, ProposalNetwork
from tscreen.model.proposals.search import ProposalSearch
from tscreen.model.proposals.steps import alone

ALL = 10**6
FEW = BondLimits(1, 1)
SMALL = ProposalConfig(c_node=16, c_pair=16, c_triangle=8, c_head=16, heads=2, blocks=1)


@pytest.fixture(scope="module")
def proposer():
    torch.manual_seed(0)
    network = ProposalNetwork(SMALL).eval().requires_grad_(False)
    return Proposer(network, ProposalCard("test", "", {}, frozenset({1, 6, 8}), 10))


def structure(name):
    return conformers(Chem.AddHs(Chem.MolFromSmiles(name)), 1)[0]


def rated(proposer, *names, limits=FEW, most=1000):
    graph = graph_of(names[0])
    for name in names[1:]:
        graph = graph.beside(graph_of(name))
    enumeration = Enumeration(graph, limits)
    steps = enumeration.steps(ALL)
    positions = np.concatenate([structure(name) for name in names])
    return steps, *proposer.rated(enumeration, steps, positions, most)


def test_enumerated_steps_stay_as_they_are_and_others_are_proposed_best_first(proposer):
    steps, known, others = rated(proposer, "CC=O")
    assert [one.step for one in known] == steps
    assert others
    assert not {one.step.products for one in others} & {step.products for step in steps}
    rates = [one.log_probability for one in others]
    assert rates == sorted(rates, reverse=True)


def test_proposals_are_steps_that_a_wider_enumeration_has(proposer):
    _, _, others = rated(proposer, "C=O")
    wide = {step.products for step in Enumeration(graph_of("C=O"), BondLimits(3, 3)).steps(ALL)}
    assert {one.step.products for one in others} <= wide
    for one in others:
        assert len(one.step.broken) <= 3
        assert len(one.step.formed) <= 3


def test_so_many_are_proposed_as_are_among_the_most_probable(proposer):
    _, known, others = rated(proposer, "CC=O")
    best = sorted((one.log_probability for one in (*known, *others)), reverse=True)[:10]
    _, _, few = rated(proposer, "CC=O", most=10)
    assert [one.log_probability for one in few] == [
        one.log_probability for one in others if one.log_probability >= best[-1]
    ]
    assert rated(proposer, "CC=O", most=0)[2] == []


def test_all_ways_to_the_same_products_add_up(proposer):
    """Any of the three hydrogens of the methyl group may go to the oxygen."""
    _, known, _ = rated(proposer, "CC=O")
    (enol,) = [one for one in known if one.step.products == ("C=CO",)]
    graph = graph_of("CC=O")
    enumeration = Enumeration(graph, FEW)
    reactant = alone(np.array(graph.numbers, np.uint8), structure("CC=O"), np.zeros(7, np.uint8))
    told = ProposalSearch(proposer.network, reactant).log_probabilities()
    steps = {one: enumeration.step(one) for one in told}
    ways = [told[one] for one, step in steps.items() if step and step.products == ("C=CO",)]
    assert len(ways) >= 3
    assert enol.log_probability == pytest.approx(np.logaddexp.reduce(ways), abs=1e-3)


def test_two_molecules_are_proposed_to_join(proposer):
    _, known, others = rated(proposer, "C=O", "O", limits=BondLimits())
    assert ("OCO",) in {one.step.products for one in (*known, *others)}
    for one in (*known, *others):
        assert any((i < 4) != (j < 4) for i, j in one.step.formed)
