import pytest
import torch
from reactions import random_reaction

from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd, superpose
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.training.training_draws import (
    CANDIDATES,
    COORDINATE_NOISE,
    augment,
    draw,
    nearest,
    own_path,
)


@pytest.fixture
def batch():
    rows = [random_reaction(seed, n=n) for seed, n in ((1, 6), (2, 9), (3, 9))]
    middles = [(row.reactant_positions + row.product_positions) / 2 for row in rows]
    return collate([prepare(row, middle) for row, middle in zip(rows, middles, strict=True)])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_first_draw_is_the_deterministic_prior_and_the_others_differ(batch):
    draws = draw(batch, seeded())
    assert draws.x.shape[0] == draws.noise.shape[0] == 1 + CANDIDATES
    assert torch.allclose(draws.x[0], build_prior(batch, midpoint(batch))[0])
    assert not draws.noise[0].any()
    assert (draws.noise[1:] > 0).all()
    assert rmsd(draws.x[1], draws.x[2], batch.mask).min() > 0.05


def test_the_nearest_answer_decides_which_draw_is_trained_on(batch):
    draws = draw(batch, seeded())
    identity = draws.part(slice(1, None))
    chosen = nearest(identity, lambda x, time, noise: x, batch)
    errors = rmsd(identity.x, batch.ts.expand_as(identity.x), batch.mask)
    assert torch.allclose(rmsd(chosen.x[0], batch.ts, batch.mask), errors.min(0).values)


def test_the_own_path_leads_from_a_draw_to_its_answer(batch):
    draws = draw(batch, seeded()).part(slice(2))
    clean = draws.x + 0.3 * torch.randn(draws.x.shape, generator=seeded(5))
    clean = clean * batch.mask.unsqueeze(-1)
    x, time, noise = own_path(draws, clean, batch, seeded(1))
    answers = superpose(clean, draws.x, batch.mask)
    points = torch.lerp(draws.x, answers, time[..., None, None].expand_as(draws.x))
    gaps = (points - x).abs().amax((-1, -2))
    which = gaps.argmin(0)
    assert gaps.min(0).values.max() < 1e-5
    assert torch.allclose(noise[0], draws.noise.gather(0, which[None])[0] * (1 - time[0]))


def test_augmentation_stays_small_and_reverses_half_of_the_batches(batch):
    reversed_ = 0
    for seed in range(40):
        other = augment(batch, seeded(seed))
        swapped = (other.reactant - batch.product).abs().max() < 6 * COORDINATE_NOISE
        reversed_ += bool(swapped)
        sides = (batch.product, batch.reactant) if swapped else (batch.reactant, batch.product)
        assert (other.reactant - sides[0]).abs().max() < 6 * COORDINATE_NOISE
        assert (other.product - sides[1]).abs().max() < 6 * COORDINATE_NOISE
    assert 8 < reversed_ < 32
