import copy
import json
from itertools import islice

import pytest
import torch
from networks import SMALL, count_steps_as_seconds, stirred_network
from reactions import random_reaction

from tscreen.model.networks.network import interpolate
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import DataSplit, ReferenceReaction
from tscreen.model.reactions.geometry import superpose
from tscreen.model.training import training
from tscreen.model.training.captured import inputs
from tscreen.model.training.captured import steps as steps_module
from tscreen.model.training.captured import trainer as trainer_module
from tscreen.model.training.captured.inputs import StepInput, starts
from tscreen.model.training.captured.loss import losses_of
from tscreen.model.training.captured.rows import PaddedRows
from tscreen.model.training.captured.trainer import CapturedTrainer, trainer_on
from tscreen.model.training.losses import compute_losses, detached
from tscreen.model.training.training import METRICS, Trainer, one_step_rmsd
from tscreen.model.training.training_draws import Draws, nearest


def references(count: int, sizes=(7, 8)) -> list[ReferenceReaction]:
    """Reactions whose TS is the midpoint, which a network can learn at once."""
    rows = []
    for seed in range(count):
        reaction = random_reaction(seed, n=sizes[seed % len(sizes)])
        middle = (reaction.reactant_positions + reaction.product_positions) / 2
        rows.append(ReferenceReaction(reaction, prepare(reaction, middle)))
    return rows


def new_trainer(kind, folder, minutes=1.0, config=SMALL):
    rows = references(24)
    trainer = kind(DataSplit(rows, rows, rows), folder, max_minutes=minutes, config=config)
    trainer.max_pairs = 340  # of 16 reactions with 7 atoms, or 12 with 8
    return trainer


@pytest.fixture
def trainer(tmp_path) -> CapturedTrainer:
    return new_trainer(CapturedTrainer, tmp_path)


def take(trainer, count):
    for move in islice(trainer.moves(), count):
        move()


def plain_losses(network, batch, draws):
    """What `losses_of` stands for, on an ordinary batch and by the parts of the plain trainer."""
    trunk = network.trunk(batch)
    denoise = network.given(trunk, batch)
    start = draws.part(slice(1)).join(nearest(draws.part(slice(1, None)), denoise, batch))
    first = denoise(start.x, torch.zeros_like(start.noise), start.noise)
    time = torch.rand(start.noise.shape)
    x = interpolate(start.x, superpose(first.detach(), start.x, batch.mask), time)
    second = denoise(x, time, start.noise * (1 - time))
    return compute_losses(trunk, torch.cat([first, second]), batch)


def test_a_padded_batch_has_the_loss_and_the_gradients_of_an_ordinary_one():
    rows = [row.prepared for row in references(6, (6, 9, 8))]
    plain, dense = collate(rows), PaddedRows.of(rows, 12, "cpu").batch()
    torch.manual_seed(1)
    draws = starts(dense)
    given = StepInput(dense, dense.pair_distances(draws.x[0]), draws)
    found = []
    for losses, formula, what in (
        (losses_of, True, (given,)),
        (plain_losses, False, (plain, Draws(draws.x[..., : plain.shape[1], :], draws.noise))),
    ):
        network = stirred_network().requires_grad_(True)
        if formula:
            network.denoiser.leave_script()
        torch.manual_seed(2)
        terms = losses(network, *what)
        terms.total().backward()
        found.append((detached(terms), {n: p.grad for n, p in network.named_parameters()}))
    (terms, gradients), (known_terms, known_gradients) = found
    assert torch.allclose(terms, known_terms, rtol=1e-5)
    for name, known in known_gradients.items():
        if known is None:
            assert gradients[name] is None, name
        else:
            assert (gradients[name] - known).norm() < 1e-4 * known.norm() + 1e-7, name


def test_captured_steps_lower_the_loss(trainer):
    before = one_step_rmsd(trainer.averaged(), trainer.data.val, "cpu").mean()
    take(trainer, 30)
    structure = torch.stack(trainer.recent)[:, 2]
    assert structure[-5:].mean() < 0.8 * structure[:3].mean()
    assert one_step_rmsd(trainer.averaged(), trainer.data.val, "cpu").mean() < before
    assert trainer.progress.step == 30
    assert trainer.progress.epoch == int(30 / (12 / 16 + 12 / 12))


def test_training_by_captured_steps_leaves_a_curve_that_goes_on(trainer, tmp_path, monkeypatch):
    count_steps_as_seconds(monkeypatch)
    trainer.max_minutes, trainer.validate_every_minutes = 0.1, 0.05
    last = trainer.train()
    points = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert len(points) > 1
    assert points[-1]["step"] == last.step == trainer.progress.step > 3
    assert all(len(point["train_losses"]) == 4 for point in points[:-1])
    other = new_trainer(CapturedTrainer, tmp_path, 0.2)
    other.resume()
    assert other.progress == trainer.progress
    other.train()
    assert other.progress.step > last.step


@pytest.mark.parametrize(
    ("first", "second"),
    [(CapturedTrainer, CapturedTrainer), (CapturedTrainer, Trainer), (Trainer, CapturedTrainer)],
)
def test_either_trainer_goes_on_from_the_checkpoint_of_the_other(first, second, tmp_path):
    one = new_trainer(first, tmp_path)
    take(one, 4)
    one.save()
    other = new_trainer(second, tmp_path)
    other.resume()
    for a, b in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(a, b)
    before = copy.deepcopy(other.average.shadow)
    take(other, 3)
    assert other.progress.step == 7
    assert all(torch.isfinite(p).all() for p in other.network.parameters())
    assert any(not torch.equal(before[k], v) for k, v in other.average.shadow.items())
    other.save()
    state = other.optimizers[0].state_dict()["state"]
    assert {int(one["step"]) for one in state.values()} == {7}


def test_a_weight_that_nothing_depends_on_is_left_as_it_is(trainer):
    name = "denoiser.layers.1.mix.maps.2.weight"  # of tensors, which the last layer has no use for
    before = trainer.network.state_dict()[name].clone()
    take(trainer, 3)
    assert torch.equal(trainer.network.state_dict()[name], before)


def test_only_the_network_is_multiplied_in_tf32(trainer, monkeypatch):
    seen: dict[str, set[str]] = {}

    def spied(module, name):
        plain = getattr(module, name)

        def spy(*args, **kwargs):
            seen.setdefault(name, set()).add(torch.get_float32_matmul_precision())
            return plain(*args, **kwargs)

        monkeypatch.setattr(module, name, spy)

    spied(inputs, "fit_prior")
    spied(steps_module, "losses_of")
    spied(training, "one_step_rmsd")
    take(trainer, 2)
    trainer.validate()
    assert seen == {"fit_prior": {"highest"}, "losses_of": {"high"}, "one_step_rmsd": {"highest"}}


class Recorded:
    """Runs work as CUDA graphs do: once to warm up, and again only what was recorded."""

    def __init__(self):
        self.prepared = self.waits = 0

    def repeated(self, work):
        self.prepared += 1
        work()
        return work

    def repeated_after_once(self, work):
        return work

    def wait(self):
        self.waits += 1


def test_warming_up_changes_no_weight_and_every_bucket_is_prepared(trainer, monkeypatch):
    runner = Recorded()
    monkeypatch.setattr(trainer_module, "runner_on", lambda device: runner)
    before = copy.deepcopy(trainer.network.state_dict())
    moves = trainer.moves()
    first = next(moves)
    assert runner.prepared == 2  # sizes
    assert all(torch.equal(v, before[k]) for k, v in trainer.network.state_dict().items())
    first()
    for move in islice(moves, trainer_module.SYNCHRONISED_EVERY):
        move()
    assert runner.waits == 1


def test_a_gpu_gets_captured_steps():
    assert trainer_on("cuda") is CapturedTrainer
    assert trainer_on("cpu") is Trainer
