import json
from dataclasses import asdict

import pytest
import torch
from networks import SMALL

from model.loading import TrainedModel, load_model, save_model
from model.network import TransitionStateNetwork
from model.recommender import Recommender
from model.weights import CARD, TENSORS, Card, WeightsError, read_card


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    card = Card("test-1", "", frozenset({1, 6}), asdict(SMALL))
    model = TrainedModel(TransitionStateNetwork(SMALL), Recommender(SMALL), card)
    save_model(model, tmp_path)
    return model, tmp_path


def test_a_model_comes_back_from_disk_as_it_was(saved):
    model, folder = saved
    again = load_model(folder)
    for name, tensor in model.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name])
    assert again.card.elements == {1, 6}
    assert not again.network.training


def test_weights_that_are_not_the_cards_are_refused(saved):
    _, folder = saved
    data = bytearray((folder / TENSORS).read_bytes())
    data[-1] ^= 1
    (folder / TENSORS).write_bytes(data)
    with pytest.raises(WeightsError, match="hashes differ"):
        load_model(folder)


def test_missing_or_broken_cards_are_named(tmp_path):
    with pytest.raises(WeightsError, match="is missing"):
        read_card(tmp_path)
    (tmp_path / CARD).write_text(json.dumps({"version": "x"}))
    with pytest.raises(WeightsError, match="not a card"):
        read_card(tmp_path)


def test_the_shipped_weights_load_and_know_their_elements():
    model = load_model()
    assert {1, 6, 7, 8} <= model.card.elements
    assert all(figures["split"] == "val" for figures in model.card.metrics.values())
    assert all(torch.isfinite(p).all() for p in model.network.parameters())
