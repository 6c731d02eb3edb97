"""Muon (Jordan et al. 2024): momentum whose matrices are made orthogonal before the step.

`torch.optim.Muon` orthogonalises one matrix at a time in bfloat16, which CPUs without bfloat16
units emulate at several times the cost (`bench/model/operations/muon_step.py`). This one stacks
weights of equal shape and works in the weights' own precision.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # quintic coefficients, Jordan et al. 2024
NEWTON_SCHULZ_STEPS = 5


def orthogonalise(matrices: Tensor) -> Tensor:
    """Nearest semi-orthogonal matrices, roughly, to ``(K, rows, columns)`` by Newton-Schulz."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.transpose(-1, -2) if tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(-1, -2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.transpose(-1, -2) if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for 2-D weights, batched over weights of equal shape."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
    ):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step with Nesterov momentum and decoupled weight decay."""
        for group in self.param_groups:
            for weights in self._by_shape(group["params"]):
                gradients = [w.grad for w in weights if w.grad is not None]
                moments = [self.moment(w) for w in weights]
                torch._foreach_lerp_(moments, gradients, 1 - group["momentum"])
                ahead = torch._foreach_lerp(gradients, moments, group["momentum"])
                update = orthogonalise(torch.stack(ahead))
                rows, columns = weights[0].shape
                rate = group["lr"] * max(1.0, rows / columns) ** 0.5
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(weights, list(update.unbind(0)), alpha=-rate)

    def moment(self, weight: Tensor) -> Tensor:
        """The running mean of a weight's gradients, which each step changes in place."""
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        return state["momentum"]

    @staticmethod
    def _by_shape(weights: Iterable[Tensor]) -> Iterable[list[Tensor]]:
        groups: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for weight in weights:
            if weight.grad is not None:
                groups[weight.shape].append(weight)
        return groups.values()
