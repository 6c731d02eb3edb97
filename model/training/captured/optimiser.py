"""Clipping, optimisers and moving average as one piece of work on tensors that stay in place."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tscreen.model.training.optimizing.on_tensors import on_tensors
from tscreen.model.training.optimizing.optimizer import MovingAverage, set_rate


class TensorOptimiser:
    """Changes weights as `TrainingLoop.step` does with the same optimisers and average.

    Their state is what it reads and writes, so a checkpoint of them is one of it. Weights without a
    gradient are left as they are.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        average: MovingAverage,
        clip: float,
    ) -> None:
        self.gradients = [w.grad for w in network.parameters() if w.grad is not None]
        self.optimizers, self.average, self.clip = optimizers, average, clip
        self.rules = [on_tensors(optimizer) for optimizer in optimizers]
        self.shadow, self.weights = average.pairs(network)
        self.share = torch.zeros((), device=self.gradients[0].device)

    def set_rates(self, step: int, progress: float, peak: float) -> None:
        """What the next step goes by; see `set_rate`."""
        set_rate(self.optimizers, step, progress, peak)
        for rule in self.rules:
            rule.set_rates(step)
        self.share.fill_(self.average.share(step))

    @torch.no_grad()
    def step(self) -> None:
        """Change the weights by their gradients, and the averages by the weights."""
        clip_norm(self.gradients, self.clip)
        for rule in self.rules:
            rule.step()
        away = torch._foreach_sub(self.weights, self.shadow)
        torch._foreach_mul_(away, self.share)
        torch._foreach_add_(self.shadow, away)


def clip_norm(gradients: list[Tensor], most: float) -> None:
    """Shorten gradients that together are longer than ``most``; nothing waits for the device."""
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    torch._foreach_mul_(gradients, (most / (norm + 1e-6)).clamp(max=1.0))
