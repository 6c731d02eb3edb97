"""The loop under every training: bounded by wall time, each step decided by (seed, step)."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from tscreen.model.reactions.data import epoch_batches
from tscreen.model.training.optimizing.optimizer import MovingAverage, build_optimizers, set_rate

MAX_PAIRS = 2900  # per batch: 32 reactions of 14 atoms


class Sized(Protocol):
    """Something to learn from."""

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""


Row = TypeVar("Row", bound=Sized)
Network = TypeVar("Network", bound=nn.Module)


@dataclass
class Progress:
    """Where training stands; kept in checkpoints."""

    step: int = 0
    epoch: int = 0
    batch_in_epoch: int = 0
    minutes: float = 0.0
    peak: float = 1.0  # of the learning rate, as a share of a new run's


class TrainingLoop(ABC, Generic[Network, Row]):
    """Minimises a loss over batches of rows until its time is used.

    Args:
        network: Is trained in place; the moving average of its weights is what is wanted.
        rows: To learn from.
        max_minutes: Wall time of the whole run, by which the learning rate falls to zero.
        seed: With the number of a step it decides all that is random in it.
    """

    gradient_clip = 5.0

    def __init__(
        self, network: Network, rows: Sequence[Row], *, max_minutes: float, seed: int
    ) -> None:
        self.rows, self.max_minutes, self.seed = rows, max_minutes, seed
        self.progress = Progress()
        self._optimise(network)

    def _optimise(self, network: Network) -> None:
        self.network = network
        self.optimizers = build_optimizers(network)
        self.average = MovingAverage(network)

    @abstractmethod
    def loss(self, rows: list[Row], generator: torch.Generator) -> Tensor:
        """What is minimised, a scalar; random numbers come from ``generator``."""

    def epoch(self, number: int) -> list[list[int]]:
        """Shuffled batches of an epoch, as indices of rows; the same whenever it is asked for."""
        atoms = np.array([row.n_atoms for row in self.rows])
        return epoch_batches(atoms, MAX_PAIRS, self.seed, number)

    @property
    def budget_used(self) -> float:
        """Share of the time budget that is used, 0 to 1."""
        return min(1.0, self.progress.minutes / self.max_minutes)

    def batches(self) -> Iterator[list[Row]]:
        """Training batches from where the run stands, without end."""
        while True:
            batches = self.epoch(self.progress.epoch)
            for index in range(self.progress.batch_in_epoch, len(batches)):
                yield [self.rows[i] for i in batches[index]]
                self.progress.batch_in_epoch = index + 1
            self.progress.epoch += 1
            self.progress.batch_in_epoch = 0

    def step(self, rows: list[Row]) -> None:
        """One optimiser step."""
        self.network.train()
        step = self.progress.step
        generator = torch.manual_seed(self.seed * 1_000_003 + step)  # dropout too
        self.loss(rows, generator).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.gradient_clip)
        set_rate(self.optimizers, step, self.budget_used, self.progress.peak)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.average.update(self.network, step)
        self.progress.step += 1

    def moves(self) -> Iterator[Callable[[], None]]:
        """The optimiser steps from where the run stands, to be taken one by one; without end."""
        for rows in self.batches():
            yield partial(self.step, rows)

    def steps(self) -> Iterator[None]:
        """Train until the time budget is used; comes back after every step.

        The budget counts the whole run: a resumed one goes on at its place in the schedule.
        """
        first_minute, started = self.progress.minutes, time.monotonic()
        for move in self.moves():
            if self.budget_used >= 1.0:
                break
            move()
            self.progress.minutes = first_minute + (time.monotonic() - started) / 60
            yield

    def fit(self, on_progress: Callable[[float], None]) -> None:
        """Train and leave the averaged weights in the network.

        ``on_progress`` is told the share of the time budget that is used.
        """
        for _ in self.steps():
            on_progress(self.budget_used)
        self.network.load_state_dict(self.average.shadow)
        self.network.eval()
