"""Known steps are learnt, a run that was left goes on, and its weights come back from the disk."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import HCN, HNC
from reactions import random_reaction

from tscreen.model.proposals.card import CARD, TENSORS, read_proposal_card
from tscreen.model.proposals.fitting import train_proposals
from tscreen.model.proposals.loading import load_proposals
from tscreen.model.proposals.network import ProposalConfig
from tscreen.model.proposals.search import Changes, ProposalSearch
from tscreen.model.proposals.steps import MOST_BROKEN, MOST_FORMED, known_steps
from tscreen.model.proposals.training import CURVE, Orders, ProposalTrainer
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import DataError, DataSplit, ReferenceReaction
from tscreen.model.weights import WeightsError
from tscreen.schemas.reaction import Reaction

SMALL = ProposalConfig(c_node=16, c_pair=16, c_triangle=8, c_head=16, heads=2, blocks=1)
WHOLE = np.zeros(3, np.uint8)
SHIFT = Reaction("hcn", np.array([1, 6, 7], np.uint8), HCN, HNC, WHOLE, WHOLE, 0, 1)


def reference(reaction=SHIFT, **changes):
    reaction = replace(reaction, **changes)
    return ReferenceReaction(reaction, prepare(reaction))


ROWS = [reference()] * 8
DATA = DataSplit(ROWS, ROWS, [])


def trainer(folder, minutes=1.0):
    steps = known_steps(ROWS)
    return ProposalTrainer(steps, steps, folder, max_minutes=minutes, config=SMALL)


def test_a_reaction_is_a_step_from_either_side():
    there, back = known_steps([reference()])
    assert there.changes.tolist() == back.changes.tolist() == [[0, 1], [0, 2]]
    for step, structure in ((there, HCN), (back, HNC)):
        assert np.allclose(step.prepared.reactant, structure)
        assert np.allclose(step.prepared.product, structure)


@pytest.mark.parametrize(
    "changes",
    [
        {"charge": -1},
        {"multiplicity": 3},
        {"product_positions": HCN},  # no bond changes
        {"reactant_fragments": np.arange(3), "product_fragments": np.arange(3)},
    ],
)
def test_what_is_never_proposed_is_not_learnt(changes):
    assert known_steps([reference(**changes)]) == []


def test_steps_that_change_more_bonds_than_are_proposed_are_left_out():
    row = reference(random_reaction(0, n=14))
    apart = np.arange(14, dtype=np.uint8) // 7
    steps = known_steps([reference(row.reaction, product_fragments=apart)])
    for step in steps:
        bonds = collate([step.prepared])
        breaks = bonds.bonds(bonds.reactant)[bonds.pair_of[step.changes @ [14, 1]]]
        assert breaks.sum() <= MOST_BROKEN
        assert (~breaks).sum() <= MOST_FORMED


def test_an_order_shares_out_what_is_left_and_then_ends():
    steps = known_steps([reference()])
    batch = collate([step.prepared for step in steps])
    orders = Orders.draw(steps, batch, torch.manual_seed(0))
    assert orders.changed.sum(1).tolist() == [0, 2, 4]  # of two reactants together
    assert orders.following.sum(1).tolist() == [2.0, 2.0, 0.0]
    assert orders.ended.tolist() == [[0, 0], [0, 0], [1, 1]]
    assert not (orders.changed & (orders.following > 0)).any()


def test_steps_lower_the_surprise_and_the_known_changes_become_the_most_probable(tmp_path):
    learner = trainer(tmp_path)
    for _ in range(150):
        learner.step(list(learner.rows))
    told = torch.cat(learner.recent)
    assert torch.isfinite(told).all()
    assert told[-5:].mean() < 0.5 * told[:3].mean()
    network = learner.network.eval().requires_grad_(False)
    found = ProposalSearch(network, learner.rows[0].prepared).log_probabilities()
    assert max(found, key=lambda one: found[one]) == Changes({(0, 1), (0, 2)})


def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(tmp_path):
    first = trainer(tmp_path)
    batch = list(first.rows)
    for _ in range(3):
        first.step(batch)
    first.save()
    other = trainer(tmp_path)
    other.resume()
    assert other.progress == first.progress
    first.step(batch)
    other.step(batch)
    for a, b in zip(first.network.parameters(), other.network.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_the_weights_of_least_surprise_are_kept_whatever_comes_after_them(tmp_path):
    learner = trainer(tmp_path)
    for _ in range(20):
        learner.step(list(learner.rows))
    before = learner.validate()["held_out"]
    for tensor in learner.average.shadow.values():
        tensor += 1.0 if tensor.is_floating_point() else 0
    assert learner.validate()["held_out"] > before
    learner.save()
    learner.average.shadow = learner.chosen().state_dict()
    assert learner.validate()["held_out"] == pytest.approx(before)
    other = trainer(tmp_path)
    other.resume()
    for a, b in zip(learner.chosen().parameters(), other.chosen().parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.fixture
def trained(tmp_path):
    return train_proposals(DATA, tmp_path, minutes=0.02), tmp_path


def test_training_leaves_a_curve_and_weights_that_know_their_card(trained):
    card, folder = trained
    last = json.loads((folder / CURVE).read_text().splitlines()[-1])
    assert card.metrics["held_out_surprise"] <= last["held_out"]
    assert last["step"] == card.training["steps"] > 0
    network, again = load_proposals(folder)
    assert again == card == read_proposal_card(folder)
    assert not network.training
    assert card.covers([1, 6, 7])
    assert not card.covers([1, 6, 7, 1])  # larger than any training row
    assert not card.covers([1, 6, 9])


def test_weights_that_are_not_the_cards_are_refused(trained):
    _, folder = trained
    data = bytearray((folder / TENSORS).read_bytes())
    data[-1] ^= 1
    (folder / TENSORS).write_bytes(data)
    with pytest.raises(WeightsError, match="hashes differ"):
        load_proposals(folder)


def test_a_folder_without_a_card_proposes_nothing_and_a_broken_card_is_named(tmp_path):
    assert load_proposals(tmp_path) is None
    (tmp_path / CARD).write_text("{}")
    with pytest.raises(WeightsError, match="card of proposals"):
        load_proposals(tmp_path)


def test_rows_that_teach_nothing_are_refused_in_a_sentence(tmp_path):
    ions = [reference(charge=1)]
    with pytest.raises(DataError, match="0 training steps"):
        train_proposals(DataSplit(ions, ions, []), tmp_path, minutes=0.1)
