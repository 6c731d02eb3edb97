"""Nothing that carries no information may change the generated transition state."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reactions import FLIP, mirrored, permuted, random_reaction, scattered
from scipy.spatial.transform import Rotation

from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint

TOLERANCE = 1e-3  # Å, fp32
seeds = st.integers(0, 10**6)


def generate(network, reaction):
    """The deterministic one-step TS ``(N, 3)`` in Å."""
    batch = collate([prepare(reaction)])
    start = build_prior(batch, midpoint(batch))
    zero = start.new_zeros(start.shape[:2])
    return network.given(network.trunk(batch), batch)(start, zero, zero)[0, 0]


def deviation(a, b):
    return rmsd(a, b, torch.ones(len(a), dtype=torch.bool)).item()


@settings(max_examples=25, deadline=None)
@given(seeds, seeds, st.integers(1, 2))
def test_moving_each_object_alone_changes_nothing(small_network, seed, motion, fragments):
    reaction = random_reaction(seed, product_fragments=fragments)
    moved = generate(small_network, scattered(reaction, motion))
    assert deviation(generate(small_network, reaction), moved) < TOLERANCE


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_mirroring_both_sides_mirrors_the_transition_state(small_network, seed):
    reaction = random_reaction(seed)
    mirror_image = generate(small_network, reaction) * torch.from_numpy(FLIP)
    assert deviation(mirror_image, generate(small_network, mirrored(reaction))) < TOLERANCE


@settings(max_examples=25, deadline=None)
@given(seeds, st.permutations(range(10)))
def test_permuting_atoms_permutes_the_transition_state(small_network, seed, order):
    reaction = random_reaction(seed, product_fragments=2)
    shuffled = generate(small_network, permuted(reaction, np.array(order)))
    assert deviation(generate(small_network, reaction)[list(order)], shuffled) < TOLERANCE


@settings(max_examples=25, deadline=None)
@given(seeds, seeds, st.booleans())
def test_the_denoiser_turns_and_mirrors_with_its_input(small_network, seed, motion, mirror):
    batch = collate([prepare(random_reaction(seed)), prepare(random_reaction(seed + 1, n=7))])
    trunk = small_network.trunk(batch)
    turn = Rotation.random(random_state=np.random.default_rng(motion)).as_matrix()
    operation = torch.from_numpy(turn).float() * (-1.0 if mirror else 1.0)
    x = batch.reactant.expand(2, -1, -1, -1) * torch.tensor([1.0, 1.1]).view(2, 1, 1, 1)
    clock = torch.rand(2, 2, 2, generator=torch.Generator().manual_seed(motion))
    a = small_network.given(trunk, batch)(x, *clock) @ operation
    b = small_network.given(trunk, batch)(x @ operation, *clock)
    assert (a - b).abs().max() < TOLERANCE


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_company_in_a_batch_changes_nothing(small_network, seed):
    alone = generate(small_network, random_reaction(seed, n=6))
    batch = collate([prepare(random_reaction(seed, n=6)), prepare(random_reaction(seed, n=13))])
    start = build_prior(batch, midpoint(batch))
    zero = start.new_zeros(start.shape[:2])
    together = small_network.given(small_network.trunk(batch), batch)(start, zero, zero)[0, 0]
    assert (alone - together[:6]).abs().max() < TOLERANCE
    assert not together[6:].any()
