"""From data to weights with every part small: who learns from which rows, and what is written."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from networks import LEVEL as OTHER_LEVEL
from networks import SMALL, SMALL_ENCODER, small_model, stirred_network
from networks import card as card_of
from springs import springs
from test_training import references

from tscreen.model.inference.loading import load_model
from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.recommender import Recommender
from tscreen.model.reactions.data import DataError, DataSplit
from tscreen.model.training import fitting
from tscreen.model.training.crossfit import rows_of_fold, score_until, without_fold
from tscreen.model.training.fine_tuning import assessor_from
from tscreen.model.training.fitting import Minutes, TrainingSource, finish
from tscreen.model.training.training import Trainer
from tscreen.model.weights.kinds import kind_of
from tscreen.model.weights.seen import joined

LEVEL = "level"


def with_barriers(rows):
    return [replace(row, barrier=40.0 + k % 5, level=LEVEL) for k, row in enumerate(rows)]


@pytest.fixture
def data() -> DataSplit:
    rows = with_barriers(references(80, n=5))
    val = [replace(row, split="val") for row in rows[70:]]
    return DataSplit(train=rows[:40], held_out=rows[40:70], val=val)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(fitting, "Recommender", partial(Recommender, SMALL_ENCODER))
    small_assessor = partial(Assessor, config=SMALL_ENCODER, n_members=2)
    monkeypatch.setattr(fitting, "Assessor", small_assessor)


def names(rows) -> set[str]:
    return {row.reaction_id for row in rows}


def test_every_training_row_is_unseen_by_the_generator_of_its_fold(data):
    folds = [names(rows_of_fold(data, k, 2)) for k in (0, 1)]
    assert folds[0] | folds[1] == names(data.train)
    for k in (0, 1):
        trained_on = names(without_fold(data, k, 2).train)
        assert trained_on == names(data.train) - folds[k]
        assert not trained_on & names(data.held_out)


def trained(data, out, seed=0) -> Trainer:
    trainer = Trainer(data, out, max_minutes=1.0, seed=seed, config=SMALL)
    trainer.step([row.prepared for row in data.train])
    return trainer


@pytest.mark.parametrize("folds", [0, 2])
def test_weights_are_written_with_figures_and_the_story_of_every_row(data, tmp_path, folds):
    source = TrainingSource(["a.parquet"], data)
    parts = [trained(without_fold(data, k, folds), tmp_path / str(k), k) for k in range(folds)]
    told = []
    card, evaluations = finish(
        trained(data, tmp_path),
        parts,
        source,
        springs,
        minutes=Minutes(0, 0, 0.05, 0.02),
        watch=lambda name, done: told.append(name),
    )
    model = load_model(tmp_path)
    assert model.card == card
    assert [level.name for level in card.levels] == [LEVEL]
    assert card.levels[0].max_atoms == 5
    (evaluation,) = evaluations.values()
    covered = [card.levels[0].covers(kind_of(row.reaction), 5) for row in data.val]
    assert evaluation.barriers[LEVEL].n == sum(covered) > 5
    assert card.training["scored_rows"] == (70 if folds else 30)
    assert card.training["barrier_rows"] == (0 if folds else 40)
    calibrating = [row for row in data.val if row.calibrates]
    assert card.training["calibration_rows"] == len(calibrating) > 0
    assert sum(one.count for one in evaluation.reliability) == 10 - len(calibrating)
    assert {"training the recommender", "training the assessor"} <= set(told)
    assert (model.recommender.calibration.numpy() != np.array([1, 0, 1, 0])).any()


def test_without_any_energies_barriers_cannot_be_learnt(data, tmp_path):
    def nothing(reactions, structures):
        return [replace(e, reactant=np.nan) for e in springs(reactions, structures)]

    with pytest.raises(DataError, match="no energies"):
        finish(
            trained(data, tmp_path),
            [],
            TrainingSource(["a.parquet"], data),
            nothing,
            minutes=Minutes(0, 0, 0.05, 0.02),
        )


def test_too_few_rows_for_the_scorers_are_told(data, tmp_path):
    few = replace(data, held_out=[])
    with pytest.raises(DataError, match="none to train the scorers on"):
        finish(
            trained(few, tmp_path),
            [],
            TrainingSource(["a.parquet"], few),
            springs,
            minutes=Minutes(0, 0, 0.05, 0.02),
        )


def test_judging_ends_with_its_time_but_not_before_the_first_rows(small_network, monkeypatch):
    monkeypatch.setattr("tscreen.model.training.crossfit.CHUNK", 4)
    rows = references(12, n=5)
    every = score_until(small_network, rows, springs, deadline=float("inf"), seed=0)
    assert names(one.reference for one in every) == names(rows)
    few = score_until(small_network, rows, springs, deadline=0.0, seed=0)
    assert len(few) == 4


def test_a_table_of_few_rows_is_among_the_first_to_be_scored(small_network, monkeypatch):
    monkeypatch.setattr("tscreen.model.training.crossfit.CHUNK", 8)
    rows = references(44, n=5)
    rows = [replace(row, table="few" if k < 4 else "many") for k, row in enumerate(rows)]
    scored = score_until(small_network, rows, springs, deadline=0.0, seed=0, unseen=False)
    assert sum(one.reference.table == "few" for one in scored) >= 2
    assert not any(one.unseen for one in scored)


def test_time_is_shared_out_within_the_budget():
    for folds in (0, 2, 3):
        m = Minutes.of(100.0, folds)
        assert m.generator + folds * m.fold + m.scoring + 2 * m.scorer == pytest.approx(100.0)


def test_scorers_start_from_those_of_the_first_weights(data, tmp_path):
    of_start = card_of((replace(OTHER_LEVEL, name=LEVEL),))
    start = replace(small_model(stirred_network()), card=of_start)
    trainer = Trainer(data, tmp_path, max_minutes=1.0, init=start)
    trainer.step([row.prepared for row in data.train])
    source = TrainingSource(["a.parquet"], data)
    card, _ = finish(trainer, [], source, springs, minutes=Minutes(0, 0, 0.05, 1e-9), start=start)
    model = load_model(tmp_path)
    assert card.seen == joined(source.seen, start.card.seen)
    (level,), (known,) = card.levels, start.card.levels
    assert (level.seen, level.max_atoms) == (joined(level.seen, known.seen), known.max_atoms)
    for before, after in ((start.recommender, model.recommender), (start.assessor, model.assessor)):
        old = dict(before.named_parameters())
        for name, parameter in after.named_parameters():
            if old[name].shape == parameter.shape:
                assert torch.allclose(old[name], parameter, atol=1e-3), name  # one warming step


def test_a_level_that_is_known_keeps_its_outputs_and_a_new_one_starts_from_the_mean():
    start = small_model(stirred_network())
    assessor = assessor_from(start, ["new", start.card.levels[0].name])
    (old,), (new,) = (one.assessor.members for one in (start, replace(start, assessor=assessor)))
    assert torch.equal(new.head[-1].weight[:3], old.head[-1].weight[:3])
    assert torch.equal(new.head[-1].weight[3:6], old.head[-1].weight[3:6])
    assert torch.equal(new.head[-1].weight[6:], old.head[-1].weight[3:])
