"""What a network knows of elements and electronic states that it has not been trained on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from reactions import random_reaction

from tscreen.model.networks.elements import ElementEmbedding, element_features, rows_by_product
from tscreen.model.reactions.batch import collate, prepare
from tscreen.schemas.elements import NUMBER_OF_SYMBOL, place_in_table


@pytest.mark.parametrize(
    ("symbol", "place"),
    [
        ("H", (1, 1)),
        ("He", (1, 18)),
        ("B", (2, 13)),
        ("Mg", (3, 2)),
        ("S", (3, 16)),
        ("Fe", (4, 8)),
        ("I", (5, 17)),
        ("La", (6, 3)),
        ("Eu", (6, 0)),
        ("Lu", (6, 3)),
        ("Ir", (6, 9)),
        ("U", (7, 0)),
    ],
)
def test_places_in_the_periodic_table(symbol, place):
    assert place_in_table(NUMBER_OF_SYMBOL[symbol]) == place


def test_no_two_elements_look_alike():
    assert len(torch.unique(element_features(), dim=0)) == len(element_features())


def test_an_untrained_element_lies_near_those_of_its_group():
    """Trained on the other halogens, bromine comes nearer to what they are than carbon does."""
    halogens = torch.tensor([9, 17, 53])
    wanted = torch.tensor([1.0, -1.0, 2.0, 0.5])
    distances = []
    for seed in range(8):
        torch.manual_seed(seed)
        network = ElementEmbedding(4)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        for _ in range(150):
            optimizer.zero_grad()
            ((network(halogens) - wanted) ** 2).sum().backward()
            optimizer.step()
        distances.append((network.eval()(torch.tensor([35, 6])) - wanted).norm(dim=-1))
    bromine, carbon = torch.stack(distances).mean(0)
    assert bromine < 0.9 * carbon


def test_charge_and_spin_reach_the_transition_state(small_network):
    reaction = random_reaction(0)
    prepared = prepare(reaction)
    states = [prepared, replace(prepared, charge=-1), replace(prepared, unpaired=1)]
    distances = [small_network.trunk(collate([one])).distance for one in states]
    assert not torch.allclose(distances[0], distances[1])
    assert not torch.allclose(distances[0], distances[2])


def test_a_reaction_brings_its_state_along():
    reaction = replace(random_reaction(0), charge=2, multiplicity=3)
    assert np.array_equal(collate([prepare(reaction)]).state, [[2.0, 2.0]])


def test_rows_by_product_are_those_that_are_gathered():
    table = torch.randn(97, 5, generator=torch.Generator().manual_seed(0))
    numbers = torch.tensor([[1, 6, 0], [96, 6, 8]])
    assert torch.equal(rows_by_product(numbers, table), table[numbers])
