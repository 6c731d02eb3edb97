from collections import Counter

import numpy as np
import pytest
import torch
from reactions import random_reaction

from tscreen.model.reactions.batch import PreparedReaction, collate, pack, prepare, unpack
from tscreen.model.reactions.data import share_of_epochs
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.training.captured import sizes
from tscreen.model.training.captured.bucket import AHEAD, Passes, make_buckets
from tscreen.model.training.captured.inputs import draw_inputs
from tscreen.model.training.captured.rows import PaddedRows
from tscreen.model.training.captured.sizes import padded_sizes
from tscreen.model.training.training_draws import COORDINATE_NOISE

ATOMS = (6, 9, 8, 9)


def prepared(seed: int, n: int) -> PreparedReaction:
    reaction = random_reaction(seed, n=n, product_fragments=1 + seed % 2)
    return prepare(reaction, (reaction.reactant_positions + reaction.product_positions) / 2)


@pytest.fixture
def rows() -> list[PreparedReaction]:
    return [prepared(seed, n) for seed, n in enumerate(ATOMS)]


def padded_pairs(atoms, shares, chosen) -> float:
    to = np.array(chosen)[np.searchsorted(chosen, atoms)]
    return float((shares * to * (to - 1) / 2).sum())


def test_sizes_are_those_that_leave_the_fewest_pairs(monkeypatch):
    monkeypatch.setattr(sizes, "MAX_SIZES", 3)
    atoms = np.random.default_rng(0).choice([4, 5, 6, 9, 10, 14, 30], 200)
    shares = share_of_epochs(atoms)
    chosen = padded_sizes(atoms, shares)
    known = np.unique(atoms)
    others = [[a, b, 30] for a in known for b in known if a < b < 30]
    least = min(padded_pairs(atoms, shares, other) for other in others)
    assert len(chosen) == 3
    assert padded_pairs(atoms, shares, chosen) == pytest.approx(least)


def test_few_sizes_are_kept_as_they_are():
    assert padded_sizes(np.array([7, 12, 7, 9]), np.ones(4)) == [7, 9, 12]
    assert padded_sizes(np.array([7, 7]), np.ones(2)) == [7]


def test_a_pass_draws_each_row_once():
    passes = Passes(np.ones(10), [0])
    drawn = [i for _ in range(6) for i in passes.take(5)]
    first, second, third = drawn[:10], drawn[10:20], drawn[20:]
    assert sorted(first) == sorted(second) == sorted(third) == list(range(10))
    assert first != second


def test_large_rows_are_drawn_as_often_as_their_share():
    passes = Passes(np.array([1.0, 0.25]), [0])
    count = Counter(passes.take(2000))
    assert count[1] / count[0] == pytest.approx(0.25, abs=0.05)


def test_buckets_hold_every_row_once_in_batches_that_fit(rows):
    buckets = make_buckets(rows * 20, max_pairs=100, seed=[0], device="cpu")
    assert [bucket.pairs for bucket in buckets] == [15, 28, 36]
    assert [bucket.size for bucket in buckets] == [6, 3, 2]
    assert [bucket.batches_per_epoch * bucket.size for bucket in buckets] == [20, 20, 40]
    shapes = {tuple(bucket.take().batch.numbers.shape) for bucket in buckets}
    assert shapes == {(6, 6), (3, 8), (2, 9)}


def test_a_bucket_gives_each_of_its_rows_in_turn(rows):
    (bucket,) = make_buckets(
        [prepared(seed, 7) for seed in range(8)], max_pairs=42, seed=[0], device="cpu"
    )
    given = [bucket.take() for _ in range(AHEAD)]
    middles = torch.cat([one.batch.ts for one in given])
    assert len(middles) == 8
    assert torch.pdist(middles.flatten(1)).min() > 0.1


def test_a_rare_size_has_whole_batches_but_seldom(rows):
    buckets = make_buckets(
        [prepared(seed, 6) for seed in range(9)] + rows[1:2], max_pairs=180, seed=[0], device="cpu"
    )
    assert [bucket.size for bucket in buckets] == [12, 5]
    assert [bucket.batches_per_epoch for bucket in buckets] == [9 / 12, 1 / 5]
    rare = buckets[1].take().batch
    assert (rare.ts == rare.ts[0]).all()
    assert not torch.equal(rare.reactant[0], rare.reactant[1])  # noise of its own


def test_padding_has_no_part_in_a_dense_batch(rows):
    dense, plain = PaddedRows.of(rows, 11, "cpu").batch(), collate(rows)
    real = dense.real.bool()
    n = plain.shape[1]
    assert real.sum() == len(plain.upper)
    values = torch.randn(len(plain.upper), 3, generator=torch.Generator().manual_seed(0))
    spread = torch.full((len(dense.upper), 3), torch.nan)
    spread[real] = values
    spread = torch.where(real.unsqueeze(-1), spread, 7.0)
    block = unpack(spread, dense)
    assert torch.equal(block[:, :n, :n], unpack(values, plain))
    assert not block[:, n:].any()
    filled = block + torch.randn(block.shape, generator=torch.Generator().manual_seed(2))
    found = pack(filled, dense)
    assert torch.equal(found[real], pack(filled[:, :n, :n].contiguous(), plain))
    assert not found[~real].any()
    # Neither does any slope lead to it.
    spread.requires_grad_()
    (slope,) = torch.autograd.grad(unpack(spread, dense).square().sum(), spread)
    assert not slope[~real].any()
    assert torch.allclose(slope[real], 4 * values)
    for name in ("same_reactant", "same_product", "bond_lengths"):
        assert torch.equal(getattr(dense, name)[real], getattr(plain, name))
    weight = torch.rand(len(plain.upper), generator=torch.Generator().manual_seed(1))
    heavy = torch.full((len(dense.upper),), 3.0)
    heavy[real] = weight
    means = dense.mean_over_pairs(spread[:, 0], heavy)
    assert torch.allclose(means, plain.mean_over_pairs(values[:, 0], weight))
    assert torch.allclose(dense.pair_mean(spread[:, 0]), plain.pair_mean(values[:, 0]))


def test_starts_drawn_together_belong_to_their_batches(rows):
    torch.manual_seed(0)
    given = draw_inputs(PaddedRows.of(rows, 9, "cpu"), 2)
    plain = collate(rows)
    prior = build_prior(plain, midpoint(plain))[0]
    first = torch.cat([one.draws.x[0] for one in given])
    assert not torch.cat([one.draws.noise[0] for one in given]).any()
    assert torch.allclose(plain.pair_distances(first), plain.pair_distances(prior), atol=1e-4)
    found = torch.cat([one.prior_distance[one.batch.real.bool()] for one in given])
    assert torch.allclose(found, plain.pair_distances(prior), atol=1e-4)


def test_augmentation_stays_small_and_reverses_half_of_the_rows():
    torch.manual_seed(0)
    before = PaddedRows.of([prepared(1, 6)] * 200, 8, "cpu")
    after = before.augmented()
    limit = 6 * COORDINATE_NOISE
    reversed_ = (after.reactant - before.product).abs().amax((-1, -2)) < limit
    assert 70 < reversed_.sum() < 130
    for there, here in ((before, ~reversed_), (swapped(before), reversed_)):
        assert (after.reactant - there.reactant)[here].abs().max() < limit
        assert (after.product - there.product)[here].abs().max() < limit
        assert torch.equal(after.product_fragments[here], there.product_fragments[here])
        assert torch.equal(after.reactant_fragments[here], there.reactant_fragments[here])
    assert not after.reactant[:, 6:].any()
    assert torch.equal(after.ts, before.ts)


def swapped(rows: PaddedRows) -> PaddedRows:
    return PaddedRows(
        rows.numbers,
        rows.state,
        rows.product,
        rows.reactant,
        rows.ts,
        rows.product_fragments,
        rows.reactant_fragments,
    )
