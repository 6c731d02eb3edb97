"""What a stage says of itself before any worker has made it.

A run is a list of stages. Pipeline, workers and progress display know nothing of any of them but
what stands here, so nothing heavy (torch, RDKit, JAX) may be imported to declare one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from tscreen.actors.workers.isolation import Isolated

Transform = Callable[[pa.Table], pa.Table]
"""A stage at work: takes some rows and returns them with more columns."""


@dataclass(frozen=True)
class Resources:
    """A kind of worker, and what each of them reserves of a machine.

    Ray counts reservations, it does not enforce them. The shares of all kinds add up to less than
    one core, so that every core can host one worker of each kind: whichever of them has work uses
    the core. This lets a run finish on a single core, and keeps one kind of workers from starving
    those that bring their input.

    Attributes:
        cores: share of a core that one worker reserves.
        per_core: how many workers there are for each core of the cluster.
        gpu: whether workers take GPUs where there are any; on CPUs, as many threads as fill the
            cores together. Others use a single thread.
        computes: whether a row is computed there, so that one may be to blame for what goes wrong.
    """

    cores: float
    per_core: float = 1.0
    gpu: bool = False
    computes: bool = True


LIGHT = Resources(cores=0.05, per_core=0.25, computes=False)
"""Reading, choosing, writing: one such worker keeps at least four cores busy."""
BUILDER = Resources(cores=0.15)
SAMPLER = Resources(cores=0.25, gpu=True)
CALCULATOR = Resources(cores=0.4)
"""Runs a quantum-chemistry program in a child process."""


class Shared:
    """What the stages of one worker have in common.

    Args:
        preload: modules that its child process imports before its memory is limited.
    """

    def __init__(self, preload: tuple[str, ...] = ()) -> None:
        self._preload = preload

    @cached_property
    def child(self) -> Isolated:
        """The child process that all calculations of the worker run in."""
        return Isolated(self._preload)

    def close(self) -> None:
        """End the child process if there is one, whatever it is doing."""
        if "child" in vars(self):
            self.child.close()


class Stage(ABC):
    """One stage of a run; its instances are sent to the workers.

    Attributes:
        name: as progress and messages give it.
        resources: of its workers; None where it runs in those of the stage before it.
        needs: columns without which it cannot work.
        gives: columns that it adds or replaces.
        one_by_one: whether it wants rows alone, because one may take as long as many others.
        preload: see `Shared`.
    """

    name: str
    resources: Resources | None = None
    needs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    one_by_one: bool = False
    preload: tuple[str, ...] = ()

    @abstractmethod
    def make(self, shared: Shared) -> Transform:
        """The stage at work, made once in each worker."""

    def count(self, table: pa.Table) -> int:
        """How many rows of a table that it has returned were work for it."""
        return table.num_rows


def shared_by(stages: list[Stage]) -> Shared:
    """What so many stages have in common in one worker.

    A child that has much to import begins with it at once, before there is anything to calculate.
    """
    preload = tuple(module for stage in stages for module in stage.preload)
    shared = Shared(preload)
    if preload:
        shared.child.start()
    return shared


def at_work(stages: list[Stage], shared: Shared) -> list[tuple[Stage, Transform]]:
    """Stages, made for one worker."""
    return [(stage, stage.make(shared)) for stage in stages]
