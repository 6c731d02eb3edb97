import json
from dataclasses import replace

import pytest
import torch
from networks import LEVEL, SMALL, small_model
from safetensors.numpy import load as safetensors_load

from tscreen.model.inference.loading import load_assessor, load_generator, load_model, save_model
from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.weights import CARD, TENSORS, WeightsError, read_card, tensors


@pytest.fixture
def saved(tmp_path):
    model = small_model(TransitionStateNetwork(SMALL))
    save_model(model, tmp_path)
    return model, tmp_path


def test_a_model_comes_back_from_disk_as_it_was(saved):
    model, folder = saved
    again = load_model(folder)
    for part in ("network", "recommender", "assessor"):
        module = getattr(again, part)
        assert not module.training
        for name, tensor in getattr(model, part).state_dict().items():
            assert torch.equal(tensor, module.state_dict()[name])
    assert again.card.elements == {1, 6, 7, 8}
    assert again.card.levels == [LEVEL]


def test_each_half_comes_alone_for_those_who_need_no_more(saved):
    model, folder = saved
    generator = load_generator(folder)
    assert not hasattr(generator, "assessor")
    for name, tensor in model.network.state_dict().items():
        assert torch.equal(tensor, generator.network.state_dict()[name])
    assessor, card = load_assessor(folder)
    assert generator.card == card
    assert card.levels == [LEVEL]
    for name, tensor in model.assessor.state_dict().items():
        assert torch.equal(tensor, assessor.state_dict()[name])


def test_a_level_covers_what_it_was_trained_on():
    (seen,) = LEVEL.seen
    assert LEVEL.covers(seen, 30)
    assert not LEVEL.covers(seen, 31)
    assert not LEVEL.covers(replace(seen, elements=seen.elements | {17}), 30)
    assert not LEVEL.covers(replace(seen, molecules=seen.molecules | {(-1, 1)}), 30)
    assert not LEVEL.covers(replace(seen, bonds=seen.bonds | {(6, 17)}), 30)


def test_weights_that_are_not_the_cards_are_refused(saved):
    _, folder = saved
    data = bytearray((folder / TENSORS).read_bytes())
    data[-1] ^= 1
    (folder / TENSORS).write_bytes(data)
    with pytest.raises(WeightsError, match="hashes differ"):
        load_model(folder)
    (folder / TENSORS).unlink()
    with pytest.raises(WeightsError, match="is missing"):
        load_model(folder)


def test_a_file_is_read_once_until_it_is_replaced(saved, monkeypatch):
    model, folder = saved
    reads = []
    monkeypatch.setattr(tensors, "load", lambda data: reads.append(data) or safetensors_load(data))
    for _ in range(2):
        load_model(folder)
        load_assessor(folder)
    assert len(reads) == 1
    model.assessor.fusion[0] = 0.25
    save_model(model, folder)
    assert load_assessor(folder)[0].fusion[0] == 0.25
    assert len(reads) == 2


def test_a_model_that_is_changed_leaves_the_next_one_alone(saved):
    _, folder = saved
    before = load_model(folder).assessor.fusion.clone()
    load_model(folder).assessor.fusion.zero_()
    assert torch.equal(load_model(folder).assessor.fusion, before)


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
    for part in (model.network, model.recommender, model.assessor):
        assert all(torch.isfinite(p).all() for p in part.parameters())
    assert all(level.interval > 0 for level in model.card.levels)
