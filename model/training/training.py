"""Training: bounded by wall time, resumable to the optimiser state, the same on CPU and GPU."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tscreen.model.inference.loading import TrainedModel
from tscreen.model.networks.network import NetworkConfig, TransitionStateNetwork
from tscreen.model.reactions.batch import PreparedReaction, collate
from tscreen.model.reactions.data import (
    DataSplit,
    ReferenceReaction,
    batches_by_size,
    by_table,
    epoch_batches,
)
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.training.losses import compute_losses, detached
from tscreen.model.training.optimizer import MovingAverage, build_optimizers, set_rate
from tscreen.model.training.training_draws import augment, draw, nearest, own_path

MAX_PAIRS = 2900  # per batch: 32 reactions of 14 atoms
CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"
CHECKPOINT_EVERY_S = 45.0
GRADIENT_CLIP = 5.0
FINE_TUNING_PEAK = 0.3  # of the learning rate, so that a run keeps what its first weights know


@dataclass
class Progress:
    """Where training stands; kept in the checkpoint."""

    step: int = 0
    epoch: int = 0
    batch_in_epoch: int = 0
    minutes: float = 0.0
    peak: float = 1.0  # of the learning rate, as a share of a new run's


@dataclass(frozen=True)
class Validation:
    """One point of the learning curve.

    Attributes:
        val_rmsd: mean and median RMSD in Å of the deterministic one-step TS, for every table.
        train_losses: means since the last point; see `tscreen.model.training.losses.Losses`.
    """

    step: int
    epoch: int
    minutes: float
    val_rmsd: dict[str, tuple[float, float]]
    train_losses: list[float]

    @property
    def text(self) -> str:
        """As a line for people."""
        tables = [
            f"{name} {mean:.3f}/{median:.3f}" for name, (mean, median) in self.val_rmsd.items()
        ]
        return f"epoch {self.epoch}, val RMSD mean/median {', '.join(tables)} Å"


class Trainer:
    """State of a training run and its checkpoint on disk."""

    def __init__(
        self,
        data: DataSplit,
        out: Path,
        *,
        max_minutes: float,
        seed: int = 0,
        device: str = "cpu",
        config: NetworkConfig | None = None,
        init: TrainedModel | None = None,
    ):
        """A new run of weights of size ``config``, or one that starts from those of ``init``."""
        torch.manual_seed(seed)
        self.data, self.out, self.seed, self.device = data, out, seed, device
        self.history: dict[str, object] = {}  # of the weights it started from
        if init:
            self._build(init.network.config, init.network.state_dict())
            self.history = {"version": init.card.version, **init.card.training}
        else:
            self._build(config)
        self.progress = Progress(peak=FINE_TUNING_PEAK if init else 1.0)
        self.max_minutes = max_minutes
        self.recent: list[Tensor] = []

    def _build(self, config: NetworkConfig | None, weights: dict | None = None) -> None:
        self.network = TransitionStateNetwork(config).to(self.device)
        if weights is not None:
            self.network.load_state_dict(weights)
        self.optimizers = build_optimizers(self.network)
        self.average = MovingAverage(self.network)

    def resume(self) -> None:
        """Go on from the checkpoint in ``out``, at its place in the time budget."""
        state = torch.load(self.out / CHECKPOINT, map_location=self.device, weights_only=True)
        self._build(NetworkConfig(**state["config"]), state["network"])
        self.average.shadow = state["average"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.progress = Progress(**state["progress"])
        self.history = state["history"]
        self._drop_later_points()

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.shadow,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": asdict(self.progress),
            "config": asdict(self.network.config),
            "history": self.history,
        }
        part = self.out / (CHECKPOINT + ".part")
        torch.save(state, part)
        part.replace(self.out / CHECKPOINT)

    def _drop_later_points(self) -> None:
        """Take points after the checkpoint off the learning curve: their steps will be redone."""
        curve = self.out / METRICS
        lines = curve.read_text().splitlines(keepends=True) if curve.exists() else []
        curve.write_text("".join(x for x in lines if json.loads(x)["step"] <= self.progress.step))

    @property
    def budget_used(self) -> float:
        """Share of the time budget that is used, 0 to 1."""
        return min(1.0, self.progress.minutes / self.max_minutes)

    def batches(self) -> Iterator[list[PreparedReaction]]:
        """Training batches from where the run stands, without end."""
        rows = [row.prepared for row in self.data.train]
        atoms = np.array([row.n_atoms for row in rows])
        while True:
            batches = epoch_batches(atoms, MAX_PAIRS, self.seed, self.progress.epoch)
            for index, batch in enumerate(batches):
                if index >= self.progress.batch_in_epoch:
                    yield [rows[i] for i in batch]
                    self.progress.batch_in_epoch = index + 1
            self.progress.epoch += 1
            self.progress.batch_in_epoch = 0

    def step(self, reactions: list[PreparedReaction]) -> None:
        """One optimiser step; every random draw follows from (seed, step)."""
        self.network.train()
        generator = torch.manual_seed(self.seed * 1_000_003 + self.progress.step)  # dropout too
        batch = augment(collate(reactions).to(self.device), generator)
        draws = draw(batch, generator)
        trunk = self.network.trunk(batch)
        denoise = self.network.given(trunk, batch)
        starts = draws.part(slice(1)).join(nearest(draws.part(slice(1, None)), denoise, batch))
        first = denoise(starts.x, torch.zeros_like(starts.noise), starts.noise)
        second = denoise(*own_path(starts, first, batch, generator))
        losses = compute_losses(trunk, torch.cat([first, second]), batch)
        losses.total().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_CLIP)
        set_rate(self.optimizers, self.progress.step, self.budget_used, self.progress.peak)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.average.update(self.network, self.progress.step)
        self.recent.append(detached(losses))
        self.progress.step += 1

    def validate(self) -> Validation:
        """RMSD of the averaged weights on the validation rows, appended to the learning curve."""
        network = self.averaged()
        val_rmsd = {}
        for name, rows in by_table(self.data.val).items():
            values = one_step_rmsd(network, rows, self.device)
            val_rmsd[name] = (values.mean().item(), values.median().item())
        losses = torch.stack(self.recent).mean(0).tolist() if self.recent else []
        self.recent.clear()
        point = Validation(
            self.progress.step,
            self.progress.epoch,
            round(self.progress.minutes, 2),
            val_rmsd,
            losses,
        )
        with (self.out / METRICS).open("a") as log:
            log.write(json.dumps(asdict(point)) + "\n")
        return point

    def averaged(self) -> TransitionStateNetwork:
        """A network with the averaged weights, for evaluation."""
        network = TransitionStateNetwork(self.network.config).to(self.device)
        network.load_state_dict(self.average.shadow)
        return network.eval()


def train(
    trainer: Trainer,
    *,
    validate_every_minutes: float = 3.0,
    on_step: Callable[[Trainer], None] = lambda _: None,
    on_validation: Callable[[Validation], None] = lambda _: None,
) -> Validation:
    """Train until the time budget is used; returns the last validation.

    The budget counts the whole run: a resumed one goes on at its place in the schedule.
    """
    trainer.out.mkdir(parents=True, exist_ok=True)
    if not (trainer.out / CHECKPOINT).exists():
        trainer.save()  # so that a run that is killed at once can be resumed too
    first_minute = trainer.progress.minutes
    started, last_save = time.monotonic(), time.monotonic()
    next_validation = first_minute + validate_every_minutes
    for reactions in trainer.batches():
        if trainer.budget_used >= 1.0:
            break
        trainer.step(reactions)
        now = time.monotonic()
        trainer.progress.minutes = first_minute + (now - started) / 60
        on_step(trainer)
        if now - last_save > CHECKPOINT_EVERY_S:
            trainer.save()
            last_save = now
        if trainer.progress.minutes >= next_validation:
            on_validation(trainer.validate())
            next_validation = trainer.progress.minutes + validate_every_minutes
    final = trainer.validate()
    on_validation(final)
    trainer.save()
    return final


@torch.no_grad()
def one_step_rmsd(
    network: TransitionStateNetwork, rows: Sequence[ReferenceReaction], device: str
) -> Tensor:
    """RMSD ``(R,)`` in Å, in no special order, of the TS made in one deterministic step."""
    values = []
    for indices in batches_by_size([row.prepared.n_atoms for row in rows], 4 * MAX_PAIRS):
        batch = collate([rows[i].prepared for i in indices]).to(device)
        assert batch.ts is not None
        start = build_prior(batch, midpoint(batch))
        zero = start.new_zeros(start.shape[:2])
        clean = network.given(network.trunk(batch), batch)(start, zero, zero)[0]
        values.append(rmsd(clean, batch.ts, batch.mask))
    return torch.cat(values)
