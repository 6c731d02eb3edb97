"""Training that outlives its process: a checkpoint to go on from, and a learning curve."""

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from tscreen.model.training.loop import Network, Progress, Row, TrainingLoop

CHECKPOINT_EVERY_S = 45.0

Point = TypeVar("Point")
"""Of a learning curve."""


class ResumableTraining(TrainingLoop[Network, Row], Generic[Network, Row, Point]):
    """A training loop with checkpoint and learning curve in the folder ``out``.

    `loss` leaves the terms of each step in ``recent``, for the next point of the curve.
    """

    validate_every_minutes = 3.0
    progress_key = "progress"
    """What the checkpoint calls the progress."""

    def __init__(
        self,
        network: Network,
        rows: Sequence[Row],
        out: Path,
        *,
        max_minutes: float,
        seed: int,
        device: str = "cpu",
    ) -> None:
        super().__init__(network.to(device), rows, max_minutes=max_minutes, seed=seed)
        self.out, self.device = out, device
        self.recent: list[Tensor] = []

    @property
    @abstractmethod
    def checkpoint(self) -> Path:
        """The file that a killed run goes on from."""

    @property
    @abstractmethod
    def curve(self) -> Path:
        """The file of the learning curve, a line of JSON for each point."""

    @abstractmethod
    def build(self, config: dict[str, Any]) -> Network:
        """A network of that size."""

    @abstractmethod
    def described(self) -> dict[str, Any]:
        """What else the checkpoint tells: the sizes of the network, `config`, and where from."""

    @abstractmethod
    def validate(self) -> Point:
        """A point of the learning curve, by the averaged weights on the validation rows."""

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.shadow,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            self.progress_key: asdict(self.progress),
            **self.described(),
        }
        part = self.checkpoint.with_name(self.checkpoint.name + ".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    def resume(self) -> dict[str, Any]:
        """Go on from the checkpoint, at its place in the time budget; returns what it tells."""
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        network = self.build(state["config"]).to(self.device)
        network.load_state_dict(state["network"])
        self._optimise(network)
        self.average.shadow = state["average"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.progress = Progress(**state[self.progress_key])
        self._drop_later_points()
        return state

    def _drop_later_points(self) -> None:
        """Take points after the checkpoint off the learning curve: their steps will be redone."""
        lines = self.curve.read_text().splitlines(keepends=True) if self.curve.exists() else []
        kept = (line for line in lines if json.loads(line)["step"] <= self.progress.step)
        self.curve.write_text("".join(kept))

    def averaged(self) -> Network:
        """A network with the averaged weights, which does not learn."""
        network = self.build(self.described()["config"]).to(self.device)
        network.load_state_dict(self.average.shadow)
        return network.eval().requires_grad_(False)

    def recent_means(self) -> list[float]:
        """Means of the terms of the loss since they were last asked for."""
        means = torch.stack(self.recent).mean(0).tolist() if self.recent else []
        self.recent.clear()
        return means

    def note(self, point: dict[str, Any]) -> None:
        """Append a point to the learning curve."""
        with self.curve.open("a") as file:
            file.write(json.dumps(point) + "\n")

    def train(
        self,
        on_step: Callable[[], None] = lambda: None,
        on_validation: Callable[[Point], None] = lambda _: None,
    ) -> Point:
        """Train until the time budget is used; returns the last validation."""
        self.out.mkdir(parents=True, exist_ok=True)
        if not self.checkpoint.exists():
            self.save()  # so that a run that is killed at once can be resumed too
        last_save = time.monotonic()
        next_validation = self.progress.minutes + self.validate_every_minutes
        for _ in self.steps():
            on_step()
            if time.monotonic() - last_save > CHECKPOINT_EVERY_S:
                self.save()
                last_save = time.monotonic()
            if self.progress.minutes >= next_validation:
                on_validation(self.validate())
                next_validation = self.progress.minutes + self.validate_every_minutes
        final = self.validate()
        on_validation(final)
        self.save()
        return final
