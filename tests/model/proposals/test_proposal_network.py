"""What is thought of a reactant depends on nothing but its molecules."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reactions import FLIP, rigidly_moved, spaced_points

from tscreen.model.proposals.network import ProposalConfig, ProposalNetwork
from tscreen.model.proposals.steps import alone
from tscreen.model.reactions.batch import collate

SMALL = ProposalConfig(c_node=16, c_pair=16, c_triangle=8, c_head=16, heads=2, blocks=2)
TOLERANCE = 1e-4
N = 8
PAIRS = list(combinations(range(N), 2))
seeds = st.integers(0, 10**6)


@pytest.fixture(scope="module")
def network():
    """With weights that let every part speak."""
    torch.manual_seed(0)
    network = ProposalNetwork(SMALL).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def reactant(seed):
    """Numbers, positions and molecules of two tangles."""
    rng = np.random.default_rng(seed)
    numbers = rng.choice([1, 6, 7, 8], size=N).astype(np.uint8)
    fragments = np.array([0] * 5 + [1] * (N - 5), np.uint8)
    return numbers, spaced_points(rng, N), fragments


def told(network, *reactants, changed=((1, 2), (0, 6))):
    """Log-probabilities of pairs and of the end, where some pairs of the first have changed."""
    batch = collate([alone(*one) for one in reactants])
    mask = torch.zeros(2, len(batch.upper), dtype=torch.bool)
    mask[1, [PAIRS.index(pair) for pair in changed]] = True
    pairs, end = network(network.read(batch), mask, batch)
    return pairs[:, : len(PAIRS)], end


def near(one, other):
    return all((a - b).abs().max() < TOLERANCE for a, b in zip(one, other, strict=True))


@settings(max_examples=20)
@given(seeds, seeds, st.booleans())
def test_moving_and_mirroring_each_molecule_alone_changes_nothing(network, seed, motion, mirror):
    z, x, fragments = reactant(seed)
    moved = rigidly_moved(x, fragments, motion) * (FLIP if mirror else 1)
    assert near(told(network, (z, x, fragments)), told(network, (z, moved, fragments)))


@settings(max_examples=20)
@given(seeds, st.permutations(range(N)))
def test_permuting_atoms_permutes_what_is_said_of_their_pairs(network, seed, order):
    z, x, fragments = reactant(seed)
    at = [order.index(atom) for atom in range(N)]
    changed = [tuple(sorted((at[i], at[j]))) for i, j in ((1, 2), (0, 6))]
    one = told(network, (z[order], x[order], fragments[order]), changed=changed)
    pairs, end = told(network, (z, x, fragments))
    places = [PAIRS.index(tuple(sorted((order[i], order[j])))) for i, j in PAIRS]
    assert near(one, (pairs[:, places], end))


@settings(max_examples=10)
@given(seeds)
def test_company_in_a_batch_changes_nothing(network, seed):
    one, larger = (
        reactant(seed),
        (
            np.full(11, 6, np.uint8),
            spaced_points(np.random.default_rng(seed), 11),
            np.zeros(11, np.uint8),
        ),
    )
    pairs, end = told(network, one, larger)
    assert near(told(network, one), (pairs, end[:, :1]))


def test_probabilities_add_up_to_one_and_nothing_changes_twice(network):
    pairs, end = told(network, reactant(0))
    assert torch.allclose(pairs.exp().sum(1) + end.exp()[:, 0], torch.ones(2), atol=1e-5)
    assert pairs[1, [PAIRS.index((1, 2)), PAIRS.index((0, 6))]].exp().max() < 1e-6


def test_what_has_changed_is_taken_into_account(network):
    one = told(network, reactant(0))
    other = told(network, reactant(0), changed=((1, 2), (0, 7)))
    assert not near((one[0][1], one[1][1]), (other[0][1], other[1][1]))
