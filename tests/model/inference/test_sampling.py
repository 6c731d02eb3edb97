import pytest
import torch
from reactions import random_reaction

from tscreen.model.inference import sampling
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.memory import BatchSize
from tscreen.model.inference.sampling import sample_structures
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint

IDS = ["a", "b"]


@pytest.fixture
def batch():
    return collate([prepare(random_reaction(1, n=6)), prepare(random_reaction(2, n=9))])


def sample(network, batch, *, n_samples=4, steps=3, seed=0, ids=IDS):
    sampling = Sampling(n_samples, steps, seed)
    return sample_structures(network, network.trunk(batch), batch, ids, sampling)


def test_a_seed_fixes_every_sample(small_network, batch):
    a = sample(small_network, batch)
    assert torch.equal(a, sample(small_network, batch))
    assert not torch.allclose(a[1:], sample(small_network, batch, seed=1)[1:])


def test_a_reaction_samples_alike_in_any_company(small_network, batch):
    alone = collate([prepare(random_reaction(2, n=9))])
    a = sample(small_network, batch)[:, 1]
    b = sample(small_network, alone, ids=["b"])[:, 0]
    assert (a - b).abs().max() < 1e-3


def test_the_first_sample_is_the_same_for_every_seed(small_network, batch):
    a = sample(small_network, batch)[0]
    assert torch.allclose(a, sample(small_network, batch, seed=9)[0], atol=1e-4)


def test_one_step_is_the_answer_to_the_midpoint(small_network, batch):
    trunk = small_network.trunk(batch)
    start = build_prior(batch, midpoint(batch))
    zero = start.new_zeros(start.shape[:2])
    expected = small_network.given(trunk, batch)(start, zero, zero)
    got = sample(small_network, batch, n_samples=1, steps=1)
    assert rmsd(got, expected, batch.mask).max() < 1e-3


def test_samples_differ(small_network, batch):
    a = sample(small_network, batch)
    assert rmsd(a[1], a[2], batch.mask).min() > 1e-2


def test_samples_in_parts_are_the_samples_at_once(small_network, batch, monkeypatch):
    whole = sample(small_network, batch)
    monkeypatch.setattr(sampling, "batch_size", lambda _: BatchSize(1, 1))
    assert (whole - sample(small_network, batch)).abs().max() < 1e-4
