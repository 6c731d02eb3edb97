import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reactions import random_reaction

from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import (
    PriorChoice,
    build_prior,
    distances_by_difference,
    midpoint,
)


def single(seed, **kwargs):
    return collate([prepare(random_reaction(seed, **kwargs))])


def choice(blend, start):
    return PriorChoice(*(torch.full((1, 1), v) for v in (blend, start, 0.0)))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 1.0]))
def test_a_prior_of_one_side_alone_is_that_side(seed, side):
    batch = single(seed)
    whole = batch.product if side else batch.reactant
    made = build_prior(batch, choice(side, side))[0]
    assert rmsd(made, whole, batch.mask).item() < 1e-3


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_the_midpoint_lies_between_and_keeps_the_handedness(seed):
    batch = single(seed)
    made = build_prior(batch, midpoint(batch))[0]
    mirror = made * torch.tensor([1.0, 1.0, -1.0])
    apart = rmsd(batch.reactant, batch.product, batch.mask)
    assert rmsd(made, batch.reactant, batch.mask) < apart
    assert rmsd(made, batch.reactant, batch.mask) < rmsd(mirror, batch.reactant, batch.mask)


def test_padding_changes_nothing():
    small, large = (prepare(random_reaction(k, n=n)) for k, n in ((1, 6), (2, 12)))
    alone, together = collate([small]), collate([small, large])
    a = build_prior(alone, midpoint(alone))[0, 0]
    b = build_prior(together, midpoint(together))[0, 0]
    assert torch.allclose(a, b[:6], atol=1e-4)
    assert not b[6:].any()


def test_jitter_makes_priors_differ_in_shape():
    batch = single(5)
    shaken = PriorChoice(*(torch.full((2, 1), v) for v in (0.5, 0.5, 0.15)))
    noise = torch.randn(2, len(batch.upper), generator=torch.Generator().manual_seed(0))
    a, b = build_prior(batch, shaken, noise)
    assert rmsd(a, b, batch.mask).item() > 0.05


def test_distances_by_difference_are_those_of_torch():
    x = 3 * torch.randn(2, 4, 9, 3, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(distances_by_difference(x), torch.cdist(x, x), atol=1e-5)
