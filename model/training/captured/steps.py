"""Optimiser steps that are captured once and then repeated."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.training.captured.bucket import Bucket
from tscreen.model.training.captured.graphs import Runner, Work
from tscreen.model.training.captured.inputs import StepInput
from tscreen.model.training.captured.loss import losses_of
from tscreen.model.training.captured.optimiser import TensorOptimiser
from tscreen.model.training.captured.precision import matmul_precision
from tscreen.model.training.losses import detached
from tscreen.model.training.optimizing.optimizer import MovingAverage


class CapturedSteps:
    """Steps of one network on batches of ``buckets``.

    Each bucket has an input that stays in place, which a batch is copied into, and the work of its
    shape: gradients to zero, forward, backward. The optimisers' work is the same for all.
    """

    def __init__(
        self,
        network: TransitionStateNetwork,
        optimizers: Sequence[torch.optim.Optimizer],
        average: MovingAverage,
        *,
        clip: float,
        buckets: Sequence[Bucket],
        runner: Runner,
    ) -> None:
        self.network = network.train()
        network.denoiser.leave_script()
        self.terms = torch.zeros(4, device=next(network.parameters()).device)
        largest_first = sorted(buckets, key=lambda one: -one.size * one.pairs)
        with matmul_precision("high"):
            allocate_gradients(network, largest_first[-1].peek())
            self.optimiser = TensorOptimiser(network, optimizers, average, clip)
            self.optimise = runner.repeated_after_once(self.optimiser.step)
            self.work = {bucket: self._prepare(bucket, runner) for bucket in largest_first}

    def _prepare(self, bucket: Bucket, runner: Runner) -> tuple[StepInput, Work]:
        given = bucket.peek().clone()
        return given, runner.repeated(partial(self._forward_backward, given))

    def _forward_backward(self, given: StepInput) -> None:
        torch._foreach_zero_(self.optimiser.gradients)
        losses = losses_of(self.network, given)
        losses.total().backward()
        self.terms.copy_(detached(losses))

    def take(self, bucket: Bucket, step: int, progress: float, peak: float) -> Tensor:
        """Step number ``step`` on the next batch of a bucket; for the rest see `set_rate`.

        Returns the terms of its loss ``(4,)``, see `detached`.
        """
        given, work = self.work[bucket]
        given.fill(bucket.take())
        self.optimiser.set_rates(step, progress, peak)
        with matmul_precision("high"):
            work()
            self.optimise()
        return self.terms.clone()


def allocate_gradients(network: TransitionStateNetwork, given: StepInput) -> None:
    """Zero gradients that stay in place, for each weight that the loss depends on."""
    weights = list(network.parameters())
    loss = losses_of(network, given).total()
    for weight, slope in zip(
        weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True
    ):
        weight.grad = None if slope is None else torch.zeros_like(weight)
