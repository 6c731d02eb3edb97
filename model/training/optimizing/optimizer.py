"""Muon for the weight matrices of hidden layers, AdamW for everything else, and their schedule."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from tscreen.model.training.optimizing.muon import Muon

MUON_RATE = 0.01
ADAMW_RATE = 2e-3
WARMUP_STEPS = 100


def build_optimizers(network: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for linear maps of at least 8 rows and columns, AdamW for the rest."""
    linear = {id(m.weight) for m in network.modules() if isinstance(m, nn.Linear)}
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for parameter in network.parameters():
        is_matrix = id(parameter) in linear and min(parameter.shape) >= 8
        (matrices if is_matrix else others).append(parameter)
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(others, lr=ADAMW_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    ]
    if matrices:
        optimizers.append(Muon(matrices, lr=MUON_RATE, weight_decay=0.1))
    return optimizers


def set_rate(
    optimizers: Iterable[torch.optim.Optimizer], step: int, progress: float, peak: float
) -> None:
    """Set the learning rates: warm-up to the share ``peak`` of the full ones, linear fall to zero.

    ``progress`` is the share of the time budget that is used, 0 to 1.
    """
    factor = peak * min(1.0, (step + 1) / WARMUP_STEPS) * (1.0 - progress)
    for optimizer in optimizers:
        base = MUON_RATE if isinstance(optimizer, Muon) else ADAMW_RATE
        for group in optimizer.param_groups:
            group["lr"] = base * factor


class MovingAverage:
    """Exponential moving average of a network's weights, the weights that are shipped."""

    def __init__(self, network: nn.Module, decay: float = 0.999):
        self.decay = decay
        self.shadow = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take one step towards the network's present weights; faster while training is young."""
        shadow, weights = self.pairs(network)
        torch._foreach_lerp_(shadow, weights, self.share(step))

    def share(self, step: int) -> float:
        """How far from the average to the weights a step goes."""
        return 1 - min(self.decay, (1 + step) / (10 + step))

    def pairs(self, network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
        """The averages, and what each of them is of."""
        state = network.state_dict()
        floating = [k for k, v in self.shadow.items() if v.is_floating_point()]
        return [self.shadow[k] for k in floating], [state[k] for k in floating]
