"""AdamW and Muon with rates that are tensors, so that a CUDA graph of a step can be repeated.

Each works on the state of the optimiser that it stands for.
"""

from collections import defaultdict
from typing import Protocol

import torch
from torch import Tensor

from tscreen.model.training.optimizing.muon import NEWTON_SCHULZ, NEWTON_SCHULZ_STEPS, Muon


class Rule(Protocol):
    """How an optimiser changes its weights."""

    def set_rates(self, step: int) -> None:
        """Take over the optimiser's learning rate for the step of that number, from 0."""

    def step(self) -> None:
        """Change the weights by their gradients."""


def on_tensors(optimizer: torch.optim.Optimizer) -> Rule:
    """The rule of an optimiser, for the weights that have a gradient by now."""
    if isinstance(optimizer, Muon):
        return MuonOnTensors(optimizer)
    assert isinstance(optimizer, torch.optim.AdamW)
    return AdamWOnTensors(optimizer)


def _learning(group: dict) -> tuple[list[Tensor], list[Tensor]]:
    """Weights that have gradients, and these."""
    weights = [w for w in group["params"] if w.grad is not None]
    return weights, [w.grad for w in weights]


class AdamWOnTensors:
    """See `torch.optim.AdamW`."""

    def __init__(self, optimizer: torch.optim.AdamW) -> None:
        (self.group,) = optimizer.param_groups
        self.weights, self.gradients = _learning(self.group)
        states = [optimizer.state[w] for w in self.weights]
        for weight, state in zip(self.weights, states, strict=True):
            if not state:
                state["step"] = torch.zeros(())
                state["exp_avg"] = torch.zeros_like(weight)
                state["exp_avg_sq"] = torch.zeros_like(weight)
        self.mean = [state["exp_avg"] for state in states]
        self.square = [state["exp_avg_sq"] for state in states]
        self.rate, self.kept, self.widened = torch.zeros(3, device=self.weights[0].device)

    def set_rates(self, step: int) -> None:
        """Learning rate, decay and corrections for the moments' start at zero."""
        rate, (first, second) = self.group["lr"], self.group["betas"]
        self.rate.fill_(rate / (1 - first ** (step + 1)))
        self.widened.fill_((1 - second ** (step + 1)) ** -0.5)
        self.kept.fill_(1 - rate * self.group["weight_decay"])

    def step(self) -> None:
        """One step with decoupled weight decay."""
        first, second = self.group["betas"]
        torch._foreach_lerp_(self.mean, self.gradients, 1 - first)
        torch._foreach_mul_(self.square, second)
        torch._foreach_addcmul_(self.square, self.gradients, self.gradients, 1 - second)
        size = torch._foreach_sqrt(self.square)
        torch._foreach_mul_(size, self.widened)
        torch._foreach_add_(size, self.group["eps"])
        update = torch._foreach_div(self.mean, size)
        torch._foreach_mul_(update, self.rate)
        torch._foreach_mul_(self.weights, self.kept)
        torch._foreach_sub_(self.weights, update)


class MuonOnTensors:
    """See `Muon`; a tall matrix is stacked with the wide ones of its shape, lying down."""

    def __init__(self, optimizer: Muon) -> None:
        (self.group,) = optimizer.param_groups
        self.weights, self.gradients = _learning(self.group)
        self.moments = [optimizer.moment(w) for w in self.weights]
        self.stacks: dict[tuple[int, int], list[int]] = defaultdict(list)
        for k, weight in enumerate(self.weights):
            short, long = sorted(weight.shape)
            self.stacks[short, long].append(k)
        self.rate, self.kept = torch.zeros(2, device=self.weights[0].device)

    def set_rates(self, step: int) -> None:
        """Learning rate and decay."""
        rate = self.group["lr"]
        self.rate.fill_(rate)
        self.kept.fill_(1 - rate * self.group["weight_decay"])

    def step(self) -> None:
        """One step with Nesterov momentum and decoupled weight decay."""
        momentum = self.group["momentum"]
        torch._foreach_lerp_(self.moments, self.gradients, 1 - momentum)
        ahead = torch._foreach_lerp(self.gradients, self.moments, momentum)
        torch._foreach_mul_(self.weights, self.kept)
        for (short, long), members in self.stacks.items():
            wide = orthogonalise_wide(torch.stack([_lying(ahead[k]) for k in members]))
            updates = [
                update.t() if _tall(self.weights[k]) else update
                for k, update in zip(members, wide.unbind(0), strict=True)
            ]
            changes = torch._foreach_mul(updates, self.rate)
            tall = [c for k, c in zip(members, changes, strict=True) if _tall(self.weights[k])]
            if tall:
                torch._foreach_mul_(tall, (long / short) ** 0.5)
            torch._foreach_sub_([self.weights[k] for k in members], changes)


def _tall(matrix: Tensor) -> bool:
    return matrix.shape[0] > matrix.shape[1]


def _lying(matrix: Tensor) -> Tensor:
    return matrix.t() if _tall(matrix) else matrix


def orthogonalise_wide(matrices: Tensor) -> Tensor:
    """As `muon.orthogonalise`, of ``(K, rows, columns)`` with no more rows than columns.

    Products and sums are one kernel each time.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices / (torch.linalg.vector_norm(matrices, dim=(-1, -2), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(-1, -2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x
