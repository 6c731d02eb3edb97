"""The shipped model on real reactions: what carries no information must not change the TS."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reactions import FLIP, mirrored, permuted, scattered

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import load_model
from tscreen.model.inference.sampling import sample_structures
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd
from tscreen.schemas.reaction import Reaction, reactions_of

TOLERANCE = 1e-3  # Å, fp32
seeds = st.integers(0, 10**6)
several = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="session")
def network():
    return load_model().network


@pytest.fixture(scope="session")
def reactions(gdb7, cyclo) -> list[Reaction]:
    """Of both data sets: one and several fragments on either side, 5 to about 60 atoms."""
    every = [table.take(pa.array(range(0, table.num_rows, 97))) for table in (gdb7, cyclo)]
    found = [reaction for table in every for reaction in reactions_of(table)]
    return [reaction for reaction in found if len(reaction.atomic_numbers) <= 60]


def generate(network, reaction: Reaction) -> torch.Tensor:
    """The deterministic TS ``(N, 3)`` in Å, in three steps."""
    batch = collate([prepare(reaction)])
    name = [reaction.reaction_id]
    with torch.no_grad():
        trunk = network.trunk(batch)
        return sample_structures(network, trunk, batch, name, Sampling(1, steps=3))[0, 0]


def deviation(a: torch.Tensor, b: torch.Tensor) -> float:
    return rmsd(a, b, torch.ones(len(a), dtype=torch.bool)).item()


@several
@given(seeds, seeds)
def test_moving_each_fragment_alone_changes_nothing(network, reactions, pick, motion):
    reaction = reactions[pick % len(reactions)]
    moved = generate(network, scattered(reaction, motion))
    assert deviation(generate(network, reaction), moved) < TOLERANCE


@several
@given(seeds)
def test_mirroring_both_sides_mirrors_the_transition_state(network, reactions, pick):
    reaction = reactions[pick % len(reactions)]
    mirror_image = generate(network, reaction) * torch.from_numpy(FLIP)
    assert deviation(mirror_image, generate(network, mirrored(reaction))) < TOLERANCE


@several
@given(seeds, seeds)
def test_permuting_atoms_permutes_the_transition_state(network, reactions, pick, shuffle):
    reaction = reactions[pick % len(reactions)]
    order = np.random.default_rng(shuffle).permutation(len(reaction.atomic_numbers))
    shuffled = generate(network, permuted(reaction, order))
    assert deviation(generate(network, reaction)[order], shuffled) < TOLERANCE
