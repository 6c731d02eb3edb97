from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import small_model
from reactions import random_reaction

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import DISTINCT_RMSD, recommend, sample_and_score
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.geometry import rmsd


@pytest.fixture
def model(small_network):
    return small_model(small_network)


def answers(model, reactions, **settings):
    return recommend(model, reactions, Sampling(**{"n_samples": 6, "steps": 2, **settings}))


def test_reactions_are_answered_in_order_whatever_their_company(model):
    reactions = [random_reaction(seed, n=n) for seed, n in ((1, 9), (2, 5), (3, 7))]
    together = answers(model, reactions)
    for reaction, answer in zip(reactions, together, strict=True):
        (alone,) = answers(model, [reaction])
        best = answer.candidates.structures[0]
        assert len(best) == len(reaction.atomic_numbers)
        assert np.abs(alone.candidates.structures[0] - best).max() < 1e-3
        assert alone.p_good == pytest.approx(answer.p_good, abs=1e-4)


def test_candidates_differ_from_each_other(model):
    (answer,) = answers(model, [random_reaction(4, n=9)], n_samples=12)
    shapes = [torch.from_numpy(x) for x in answer.candidates.structures]
    mask = torch.ones(9, dtype=torch.bool)
    for i, a in enumerate(shapes):
        for b in shapes[:i]:
            assert rmsd(a, b, mask) >= DISTINCT_RMSD - 1e-3
    assert answer.sample_spread > 0
    assert (np.diff(answer.candidates.log_rmsd) >= 0).all()
    assert len(answer.candidates.good) == len(shapes) > 1


def test_one_sample_is_enough(model):
    (answer,) = answers(model, [random_reaction(5, n=6)], n_samples=1)
    assert len(answer.candidates.structures) == 1
    assert answer.sample_spread == pytest.approx(0.0, abs=1e-3)


def test_no_reactions_give_no_answers(model):
    assert answers(model, []) == []


def test_colliding_atoms_are_seen_and_distrusted(model, monkeypatch):
    reaction = random_reaction(6, n=6)
    batch = collate([prepare(reaction)])
    collided = batch.reactant.clone()
    collided[:, 1] = collided[:, 0] + 0.1
    assert batch.clashes(torch.stack([batch.reactant, collided])).tolist() == [[False], [True]]
    both = torch.stack([collided, batch.reactant])
    monkeypatch.setattr("tscreen.model.inference.generator.sample_structures", lambda *_: both)
    scored = sample_and_score(model, batch, ["x"], Sampling(2))
    assert scored.rank.argmin() == 1
    assert scored.p_good[0, 0] == 0 < scored.p_good[1, 0]
    alone = model.recommender(both, model.network.trunk(batch), batch)
    assert torch.equal(scored.expected_rmsd, model.recommender.calibrated(alone)[0])


def test_another_seed_gives_other_samples(model):
    reaction = replace(random_reaction(7, n=8), reaction_id="same")
    one, other = (answers(model, [reaction], seed=seed)[0] for seed in (0, 1))
    assert one.sample_spread != pytest.approx(other.sample_spread, abs=1e-6)
