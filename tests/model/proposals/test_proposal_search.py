"""Probabilities of sets of changes, beside those that are summed by hand."""

from itertools import permutations

import numpy as np
import pytest
import torch
from conftest import HCN

from tscreen.model.proposals.network import ProposalConfig, ProposalNetwork
from tscreen.model.proposals.search import Changes, ProposalSearch
from tscreen.model.proposals.steps import MOST_BROKEN, MOST_FORMED, alone
from tscreen.model.reactions.batch import collate

SMALL = ProposalConfig(c_node=16, c_pair=16, c_triangle=8, c_head=16, heads=2, blocks=1)
HYDROGEN_CYANIDE = alone(np.array([1, 6, 7], np.uint8), HCN, np.zeros(3, np.uint8))
PAIRS = [(0, 1), (0, 2), (1, 2)]
SHIFT = Changes({(0, 1), (0, 2)})
"""Of the hydrogen, from carbon to nitrogen."""


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    network = ProposalNetwork(SMALL).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(0.3 * torch.randn_like(parameter))
    return network


def by_hand(network, changes):
    """Of all orders in which these may change, and nothing else after them."""
    batch = collate([HYDROGEN_CYANIDE])
    reading = network.read(batch)
    total = 0.0
    for order in permutations(changes):
        changed, told = torch.zeros(1, 3, dtype=torch.bool), 0.0
        for pair in order:
            told += network(reading, changed, batch)[0][0, PAIRS.index(pair)].item()
            changed[0, PAIRS.index(pair)] = True
        total += np.exp(told + network(reading, changed, batch)[1][0, 0].item())
    return np.log(total)


def test_a_set_has_the_probability_of_all_its_orders(network):
    found = ProposalSearch(network, HYDROGEN_CYANIDE).log_probabilities()
    assert len(found) == 7  # all sets of three pairs but the empty one
    for changes, told in found.items():
        assert told == pytest.approx(by_hand(network, changes), abs=1e-4)


def test_what_is_wanted_is_told_exactly_however_narrow_the_search(network):
    search = ProposalSearch(network, HYDROGEN_CYANIDE)
    unlikely = min(search.log_probabilities().items(), key=lambda one: one[1])[0]
    found = search.log_probabilities([unlikely], width=1)
    assert found[unlikely] == pytest.approx(by_hand(network, unlikely), abs=1e-4)


def test_a_wider_search_finds_all_that_a_narrow_one_does(network):
    search = ProposalSearch(network, HYDROGEN_CYANIDE)
    narrow, wide = (search.log_probabilities(width=width) for width in (1, 10))
    assert len(narrow) == 3
    assert narrow.keys() <= wide.keys()
    assert all(narrow[one] <= wide[one] + 1e-6 for one in narrow)


def test_no_more_bonds_break_or_form_than_are_learnt_from(network):
    ethane = np.array(
        [[0, 0, 0], [1.5, 0, 0], *([-0.4, *x] for x in RING), *([1.9, *x] for x in RING)]
    )
    numbers = np.array([6, 6] + [1] * 6, np.uint8)
    found = ProposalSearch(
        network, alone(numbers, ethane, np.zeros(8, np.uint8))
    ).log_probabilities()
    bonds = {(0, 1), (0, 2), (0, 3), (0, 4), (1, 5), (1, 6), (1, 7)}
    broken = {len(one & bonds) for one in found}
    formed = {len(one - bonds) for one in found}
    assert (max(broken), max(formed)) == (MOST_BROKEN, MOST_FORMED)


RING = [(np.cos(angle), np.sin(angle)) for angle in 2 * np.pi * np.arange(3) / 3]


def test_torch_has_as_many_threads_afterwards_as_before(network):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    ProposalSearch(network, HYDROGEN_CYANIDE).log_probabilities([SHIFT])
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
