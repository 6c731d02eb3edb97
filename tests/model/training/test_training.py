import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from networks import SMALL, small_model
from reactions import random_reaction

from tscreen.model.reactions.batch import prepare
from tscreen.model.reactions.data import (
    DataError,
    DataSplit,
    ReferenceReaction,
    batches_by_size,
    epoch_batches,
    load_reference,
    load_split,
)
from tscreen.model.training.optimizing.muon import Muon, orthogonalise
from tscreen.model.training.training import CHECKPOINT, METRICS, Trainer, one_step_rmsd


def references(count: int, n: int = 7) -> list[ReferenceReaction]:
    """Reactions whose TS is the midpoint, which a network can learn at once."""
    rows = []
    for seed in range(count):
        reaction = random_reaction(seed, n=n)
        middle = (reaction.reactant_positions + reaction.product_positions) / 2
        rows.append(ReferenceReaction(reaction, prepare(reaction, middle)))
    return rows


@pytest.fixture
def trainer(tmp_path) -> Trainer:
    rows = references(24)
    return Trainer(DataSplit(rows, rows, rows), tmp_path, max_minutes=1.0, config=SMALL)


def test_steps_lower_the_loss(trainer):
    batch = [row.prepared for row in trainer.data.train]
    for _ in range(25):
        trainer.step(batch)
    losses = torch.stack(trainer.recent)
    structure = losses[:, 2]
    assert torch.isfinite(losses).all()
    assert structure[-5:].mean() < 0.8 * structure[:3].mean()


def test_training_stops_with_its_budget_and_leaves_curve_and_checkpoint(trainer, tmp_path):
    trainer.max_minutes = 0.03
    trainer.validate_every_minutes = 0.01
    last = trainer.train()
    points = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert points[-1]["step"] == last.step == trainer.progress.step > 0
    assert points[-1]["val_rmsd"][""] == pytest.approx(last.val_rmsd[""])
    assert (tmp_path / CHECKPOINT).exists()


def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(trainer, tmp_path):
    def run(target, count):
        batches = target.batches()
        for _ in range(count):
            target.step(next(batches))

    run(trainer, 3)
    next_up = trainer.batches()
    trainer.save()
    other = Trainer(trainer.data, tmp_path, max_minutes=1.0)
    other.resume()
    assert other.network.config == SMALL
    assert other.progress == trainer.progress
    batch = next(next_up)
    trainer.step(batch)
    other.step(batch)
    for a, b in zip(trainer.network.parameters(), other.network.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_averaged_weights_follow_training(trainer):
    batch = [row.prepared for row in trainer.data.train]
    before = one_step_rmsd(trainer.averaged(), trainer.data.val, "cpu").mean()
    for _ in range(25):
        trainer.step(batch)
    assert one_step_rmsd(trainer.averaged(), trainer.data.val, "cpu").mean() < before


def test_muon_makes_updates_orthogonal():
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(3, 12, 30, generator=generator)
    for shape in (matrices, matrices.transpose(-1, -2)):
        values = torch.linalg.svdvals(orthogonalise(shape))
        assert values.min() > 0.5
        assert values.max() < 1.5


def test_muon_steps_like_the_one_of_torch():
    start = torch.randn(16, 24, generator=torch.Generator().manual_seed(0))
    gradient = torch.randn(16, 24, generator=torch.Generator().manual_seed(1))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    for weight, optimizer in (
        (ours, Muon([ours], lr=0.1, weight_decay=0.1)),
        (theirs, torch.optim.Muon([theirs], lr=0.1, weight_decay=0.1)),
    ):
        for _ in range(3):
            weight.grad = gradient.clone()
            optimizer.step()
    assert (ours - theirs).abs().max() < 0.02 * (ours - start).abs().max()


def test_batches_hold_every_row_once_within_the_pair_budget():
    sizes = np.random.default_rng(0).integers(4, 24, 200).tolist()
    batches = batches_by_size(sizes, 900, np.random.default_rng(1))
    assert sorted(i for batch in batches for i in batch) == list(range(200))
    for batch in batches:
        largest = max(sizes[i] for i in batch)
        assert len(batch) * largest * (largest - 1) / 2 <= 900


def test_epochs_differ_and_repeat():
    sizes = np.full(12, 7)
    first, again, later = (epoch_batches(sizes, 60, 0, epoch) for epoch in (0, 0, 1))
    assert first == again != later


def test_no_validation_row_reaches_the_weights(gdb7, tmp_path):
    path = tmp_path / "part.parquet"
    pq.write_table(gdb7.slice(0, 600), path)
    data = load_split([path])
    ids = {
        part: {r.reaction_id for r in getattr(data, part)} for part in ("train", "held_out", "val")
    }
    labels = dict(zip(gdb7["reaction_id"].to_pylist(), gdb7["split"].to_pylist(), strict=True))
    assert {labels[i] for i in ids["train"] | ids["held_out"]} == {"train"}
    assert {labels[i] for i in ids["val"]} == {"val"}
    assert not ids["train"] & ids["held_out"]
    assert len(ids["train"]) + len(ids["held_out"]) + len(ids["val"]) == 600


def test_bad_training_data_is_named(gdb7, tmp_path):
    path = tmp_path / "bad.parquet"
    few = gdb7.slice(0, 3)
    pq.write_table(few.drop_columns(["ts_positions"]), path)
    with pytest.raises(DataError, match="no column 'ts_positions'"):
        load_reference(path)
    pq.write_table(few.slice(0, 0), path)
    with pytest.raises(DataError, match="no reactions"):
        load_reference(path)
    path.write_bytes(b"not parquet")
    with pytest.raises(DataError, match="cannot be read"):
        load_reference(path)


def test_a_killed_run_resumes_where_its_checkpoint_stood(trainer, tmp_path):
    trainer.max_minutes = 0.02
    trainer.validate_every_minutes = 0.005
    trainer.train()
    kept = (tmp_path / METRICS).read_text()
    later = json.dumps({**json.loads(kept.splitlines()[-1]), "step": trainer.progress.step + 50})
    (tmp_path / METRICS).write_text(kept + later + "\n")  # written after the last checkpoint
    other = Trainer(trainer.data, tmp_path, max_minutes=1.0, config=SMALL)
    other.resume()
    assert other.progress == trainer.progress
    assert (tmp_path / METRICS).read_text() == kept


def test_a_new_run_can_start_from_other_weights(trainer, tmp_path):
    trainer.step([row.prepared for row in trainer.data.train])
    first = small_model(trainer.network)
    first.card.training["steps"] = 1
    other = Trainer(trainer.data, tmp_path, max_minutes=1.0, init=first)
    assert other.progress.step == 0
    assert other.history == {"version": "test-1", "steps": 1}
    for a, b in zip(trainer.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(a, b)
    other.step([row.prepared for row in trainer.data.train])
    assert any(
        not torch.equal(a, b)
        for a, b in zip(trainer.network.parameters(), other.network.parameters(), strict=True)
    )


def test_bad_rows_cost_only_themselves(gdb7, tmp_path):
    rows = gdb7.slice(0, 60).to_pylist()
    rows[3]["charge"] = 1
    rows[5]["ts_positions"] = rows[5]["ts_positions"][:-1]
    path = tmp_path / "some-bad.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=gdb7.schema), path)
    found = load_reference(path)
    assert len(found.rows) == 58
    assert len(found.left_out) == 2
    assert all("some-bad.parquet: reaction" in text for text in found.left_out)
    assert rows[5]["reaction_id"] in found.left_out[1]
    pq.write_table(pa.Table.from_pylist(rows[3:4], schema=gdb7.schema), path)
    with pytest.raises(DataError, match="no reaction that can be used"):
        load_reference(path)


def test_structures_with_forces_are_for_the_correction_alone(gdb7, tmp_path):
    rows = gdb7.slice(0, 60).to_pylist()
    for row in rows:
        row["ts_forces"] = None
    rows[3]["ts_forces"] = [[0.1, 0.2, 0.3]] * len(rows[3]["atomic_numbers"])
    rows[5]["ts_forces"] = [[0.1, 0.2, 0.3]]
    path = tmp_path / "structures.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    ordinary, all_of_them = load_split([path]), load_split([path], any_structures=True)
    (more,) = {row.reaction_id for row in all_rows(all_of_them)} - {
        row.reaction_id for row in all_rows(ordinary)
    }
    assert more == rows[3]["reaction_id"]
    (found,) = (row for row in all_rows(all_of_them) if row.reaction_id == more)
    assert not found.calibrates
    np.testing.assert_allclose(found.forces[0], rows[3]["ts_forces"], rtol=1e-6)
    told, other = ordinary.left_out
    assert rows[5]["reaction_id"] in told
    assert rows[3]["reaction_id"] in other
    assert len(all_of_them.left_out) == 1
    assert "eV/Å" in told
    compared = load_reference(path)
    assert len(compared.rows) == 58
    assert rows[3]["reaction_id"] in compared.left_out[1]


def all_rows(split):
    return [*split.train, *split.held_out, *split.val]


def test_large_reactions_are_drawn_less_often_but_are_drawn():
    atoms = np.repeat([8, 45], 40)
    epochs = [[atoms[i] for b in epoch_batches(atoms, 3000, 0, e) for i in b] for e in range(30)]
    assert all(sizes.count(8) == 40 for sizes in epochs)
    share = sum(sizes.count(45) for sizes in epochs) / (30 * 40)
    assert share == pytest.approx((18 / 45) ** 3, rel=0.3)
    assert len(epoch_batches(np.array([60, 60]), 3000, 0, 0)) > 0
