from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import SMALL_ENCODER, count_steps_as_seconds
from reactions import random_reaction

from tscreen.model.inference.defaults import Sampling
from tscreen.model.networks.recommender import Recommender, Score, ranking
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.model.reactions.handedness import side_fit
from tscreen.model.training.recommender_training import regret, score_loss, train_recommender
from tscreen.model.training.scored import collate_scored, sample_references


@pytest.fixture
def batch():
    return collate([prepare(random_reaction(1, n=6)), prepare(random_reaction(2, n=9))])


def references(count: int) -> list[ReferenceReaction]:
    rows = []
    for seed in range(count):
        reaction = random_reaction(seed, n=6)
        rows.append(ReferenceReaction(reaction, prepare(reaction, reaction.reactant_positions)))
    return rows


def turned(x: torch.Tensor) -> torch.Tensor:
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))[0]
    return x @ (turn * torch.sign(torch.linalg.det(turn)))


def test_a_score_does_not_see_rigid_motion_but_sees_the_mirror(small_network, batch):
    torch.manual_seed(0)
    recommender = Recommender(SMALL_ENCODER).eval()
    trunk = small_network.trunk(batch)
    samples = batch.reactant.expand(3, -1, -1, -1) * torch.tensor([1, 1.05, 0.95]).view(3, 1, 1, 1)
    a = recommender(samples, trunk, batch).log_rmsd
    b = recommender(turned(samples), trunk, batch).log_rmsd
    assert torch.allclose(a, b, atol=1e-3)
    mirrored = side_fit(-samples, batch).whole - side_fit(samples, batch).whole
    assert mirrored.abs().max() > 0.1
    assert not torch.allclose(a, recommender(-samples, trunk, batch).log_rmsd, atol=1e-3)


def test_how_a_structure_lies_on_the_sides_does_not_depend_on_their_order(batch):
    samples = batch.reactant.expand(2, -1, -1, -1) * 1.1
    one, other = side_fit(samples, batch), side_fit(samples, batch.swapped())
    assert torch.allclose(one.whole, other.whole, atol=1e-4)
    assert torch.allclose(one.atoms, other.atoms, atol=1e-4)


def test_the_loss_prefers_the_right_order():
    error = torch.tensor([[0.1], [0.3], [0.9]])
    width = torch.zeros_like(error)
    good = torch.tensor([[3.0], [-3.0], [-3.0]])
    right = Score(error.log(), width, good)
    wrong = Score(error.flip(0).log(), width, good.flip(0))
    assert score_loss(right, error) < score_loss(wrong, error)
    assert regret(right, error) < regret(wrong, error)


def test_calibration_is_monotone_and_a_probability():
    recommender = Recommender(SMALL_ENCODER)
    log_rmsd = torch.linspace(-4, 1, 20).unsqueeze(-1)
    score = Score(log_rmsd, torch.zeros_like(log_rmsd), -log_rmsd)
    expected, p_good = recommender.calibrated(score)
    assert (expected.diff(dim=0) > 0).all()
    assert (p_good.diff(dim=0) < 0).all()
    assert 0 < p_good.min() < 0.5 < p_good.max() < 1


def test_a_collision_is_ranked_behind_a_sound_structure(batch):
    sound = batch.reactant
    collided = sound.clone()
    collided[:, 1] = collided[:, 0] + 0.1
    log_rmsd = torch.tensor([[-2.0, -2.0], [-1.0, -1.0]])
    score = Score(log_rmsd, torch.zeros_like(log_rmsd), torch.zeros_like(log_rmsd))
    assert ranking(score, torch.stack([collided, sound]), batch).argmin(0).tolist() == [1, 1]


def test_scored_reactions_keep_what_their_generator_expected(small_network):
    rows = references(5)
    scored = sample_references(small_network, rows, Sampling(4))
    assert {one.reference.reaction_id for one in scored} == {row.reaction_id for row in rows}
    one = collate_scored(scored, "cpu")
    trunk = small_network.trunk(one.batch)
    assert torch.allclose(one.expected.distance, trunk.distance, atol=1e-4)
    assert torch.allclose(one.expected.spread, trunk.spread, atol=1e-4)
    assert one.rmsd.shape == (4, 5)
    assert (one.rmsd > 0).all()


def test_training_learns_to_rank(small_network, monkeypatch):
    count_steps_as_seconds(monkeypatch)
    rows = sample_references(small_network, references(24), Sampling(2))
    noise = np.random.default_rng(0)

    def disturbed(row, by):
        ts = row.reference.prepared.ts
        return ts + noise.normal(0, by, ts.shape).astype(np.float32)

    rows = [
        replace(row, samples=np.stack([disturbed(row, 0.8), disturbed(row, 0.02)])) for row in rows
    ]
    torch.manual_seed(0)
    recommender = Recommender(SMALL_ENCODER)
    train_recommender(recommender, rows, minutes=150 / 60, seed=0)
    assert not recommender.training
    one = collate_scored(rows, "cpu")
    with torch.no_grad():
        score = recommender(one.samples, one.expected, one.batch)
    assert (score.log_rmsd[1] < score.log_rmsd[0]).float().mean() > 0.8
    assert (score.good[1] > score.good[0]).float().mean() > 0.8
