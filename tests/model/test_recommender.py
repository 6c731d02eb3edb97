import pytest
import torch
from networks import SMALL
from reactions import random_reaction

from model.batch import collate, prepare
from model.data import ReferenceReaction
from model.recommender import GOOD_RMSD, Recommender, Score, sample_descriptors
from model.recommender_training import ranking_loss, train_recommender


@pytest.fixture
def batch():
    return collate([prepare(random_reaction(1, n=6)), prepare(random_reaction(2, n=9))])


def test_a_score_does_not_see_rigid_motion_but_sees_the_mirror(small_network, batch):
    torch.manual_seed(0)
    recommender = Recommender(SMALL).eval()
    trunk = small_network.trunk(batch)
    samples = batch.reactant.expand(3, -1, -1, -1) * torch.tensor([1, 1.05, 0.95]).view(3, 1, 1, 1)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))[0]
    turn = turn * torch.sign(torch.linalg.det(turn))
    a = recommender(samples, trunk, batch).log_rmsd
    assert torch.allclose(a, recommender(samples @ turn, trunk, batch).log_rmsd, atol=1e-3)
    mirrored = sample_descriptors(-samples, trunk, batch) - sample_descriptors(
        samples, trunk, batch
    )
    assert mirrored.abs().max() > 0.1


def test_the_loss_prefers_the_right_order():
    error = torch.tensor([[0.1], [0.3], [0.9]])
    width = torch.zeros_like(error)
    right = ranking_loss(Score(error.log(), width), error)
    wrong = ranking_loss(Score(error.flip(0).log(), width), error)
    assert right < wrong


def test_judgement_is_monotone_and_a_probability():
    recommender = Recommender(SMALL)
    log_rmsd = torch.linspace(-4, 1, 20).unsqueeze(-1)
    expected, p_good = recommender.judge(Score(log_rmsd, torch.zeros_like(log_rmsd)))
    assert (expected.diff(dim=0) > 0).all()
    assert (p_good.diff(dim=0) < 0).all()
    assert 0 < p_good.min() < 0.5 < p_good.max() < 1
    assert torch.allclose(
        recommender.judge(Score(torch.tensor(GOOD_RMSD).log(), torch.tensor(0.0)))[1],
        torch.tensor(0.5),
    )


def test_training_learns_to_rank_and_calibrates(small_network):
    rows = []
    for seed in range(24):
        reaction = random_reaction(seed, n=6)
        rows.append(
            ReferenceReaction(
                reaction.reaction_id, prepare(reaction, reaction.reactant_positions), False
            )
        )
    recommender = train_recommender(small_network, rows, minutes=0.3, seed=0, device="cpu")
    batch = collate([row.prepared for row in rows])
    trunk = small_network.trunk(batch)
    near = batch.reactant + 0.02 * torch.randn(
        batch.reactant.shape, generator=torch.Generator().manual_seed(0)
    )
    far = batch.reactant + 0.8 * torch.randn(
        batch.reactant.shape, generator=torch.Generator().manual_seed(1)
    )
    with torch.no_grad():
        score = recommender(torch.stack([near, far]), trunk, batch)
    assert (score.log_rmsd[0] < score.log_rmsd[1]).float().mean() > 0.8
    assert recommender.calibration[0] > 0
    assert not torch.equal(recommender.calibration, torch.tensor([1.0, 0.0, 1.0, 0.0]))
