"""Training of the generator by captured steps, and which trainer a device gets."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch

from tscreen.model.training.captured.bucket import Bucket, make_buckets
from tscreen.model.training.captured.graphs import Runner, runner_on
from tscreen.model.training.captured.steps import CapturedSteps
from tscreen.model.training.training import Trainer

CAPTURED_PAIRS = 45_000
"""Of a batch: some 495 reactions of 14 atoms.

Enough to keep an H100 busy, in 8.5 GiB of memory, and few enough that seven minutes are thousands
of steps.
"""
SYNCHRONISED_EVERY = 20
"""Steps; the processor would else run far ahead of the device, and of the time budget."""
CHOSEN_AHEAD = 400  # buckets


class CapturedTrainer(Trainer):
    """As `Trainer`, by steps of fixed shapes that the device repeats on its own.

    Checkpoints are those of `Trainer`, and either goes on from the other's. What is random follows
    from the seed and the step at which a process starts, so a run that was resumed draws other
    numbers than one that was not, and begins its epoch anew.
    """

    max_pairs = CAPTURED_PAIRS

    def moves(self) -> Iterator[Callable[[], None]]:
        """Steps on batches of buckets, which come as often as their rows take part in an epoch."""
        progress, runner = self.progress, runner_on(self.device)
        first_step, first_epoch = progress.step, progress.epoch
        progress.batch_in_epoch = 0  # batches have no order within an epoch
        seed = [self.seed, first_step]
        torch.manual_seed(self.seed * 1_000_003 + first_step)
        buckets = make_buckets(self.rows, max_pairs=self.max_pairs, seed=seed, device=self.device)
        in_epoch = np.array([bucket.batches_per_epoch for bucket in buckets])
        steps = self._captured(buckets, runner)

        def take(bucket: Bucket) -> None:
            terms = steps.take(bucket, progress.step, self.budget_used, progress.peak)
            self.recent.append(terms)
            progress.step += 1
            progress.epoch = first_epoch + int((progress.step - first_step) / in_epoch.sum())
            if progress.step % SYNCHRONISED_EVERY == 0:
                runner.wait()

        random = np.random.default_rng(seed)
        while True:
            for k in random.choice(len(buckets), CHOSEN_AHEAD, p=in_epoch / in_epoch.sum()):
                yield partial(take, buckets[k])

    def _captured(self, buckets: Sequence[Bucket], runner: Runner) -> CapturedSteps:
        return CapturedSteps(
            self.network,
            self.optimizers,
            self.average,
            clip=self.gradient_clip,
            buckets=buckets,
            runner=runner,
        )

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        for optimizer in self.optimizers:
            for state in optimizer.state.values():
                if "step" in state:  # AdamW counts for each weight; here nothing else does
                    state["step"].fill_(self.progress.step)
        super().save()


def trainer_on(device: str) -> type[Trainer]:
    """What trains a generator there: captured steps on a GPU, plain ones on the CPU."""
    return CapturedTrainer if device == "cuda" else Trainer
