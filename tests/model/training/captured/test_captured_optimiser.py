import copy

import pytest
import torch
from torch import nn

from tscreen.model.training.captured.optimiser import TensorOptimiser
from tscreen.model.training.optimizing.muon import orthogonalise
from tscreen.model.training.optimizing.on_tensors import orthogonalise_wide
from tscreen.model.training.optimizing.optimizer import MovingAverage, build_optimizers, set_rate

PEAK = 20.0  # so high that within the warm-up ten steps already lead far


def small_network() -> nn.Module:
    """Matrices of one shape lying and standing, vectors, and a weight that nothing depends on."""
    torch.manual_seed(0)
    layers = [nn.Linear(12, 20), nn.Linear(20, 12), nn.Linear(12, 12), nn.Linear(12, 3)]
    return nn.Sequential(*layers, nn.LayerNorm(3), nn.Linear(9, 9))


def outputs(network: nn.Module, step: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(step)
    x = torch.randn(16, 12, generator=generator)
    scale = 30.0 if step % 2 else 0.1  # gradients that are clipped, and some that are not
    return scale * (network[:5](x) - torch.randn(16, 3, generator=generator)).square().mean()


def plain_steps(network, optimizers, average, steps):
    for step in steps:
        outputs(network, step).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        set_rate(optimizers, step, step / 100, PEAK)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        average.update(network, step)


def tensor_steps(network, optimizers, average, steps):
    unused = {id(weight) for weight in network[5].parameters()}
    for weight in network.parameters():
        weight.grad = None if id(weight) in unused else torch.zeros_like(weight)
    optimiser = TensorOptimiser(network, optimizers, average, 5.0)
    for step in steps:
        torch._foreach_zero_(optimiser.gradients)
        outputs(network, step).backward()
        optimiser.set_rates(step, step / 100, PEAK)
        optimiser.step()
    for state in optimizers[0].state.values():
        state["step"].fill_(len(steps))


def trained(*parts):
    """A network after ten steps, each part of them taken in its own way, and its average."""
    network = small_network()
    optimizers, average = build_optimizers(network), MovingAverage(network)
    for take, steps in parts:
        take(network, optimizers, average, steps)
        saved = copy.deepcopy([optimizer.state_dict() for optimizer in optimizers])
        optimizers = build_optimizers(network)  # as from a checkpoint
        for optimizer, state in zip(optimizers, saved, strict=True):
            optimizer.load_state_dict(state)
        network.zero_grad(set_to_none=True)
    return network.state_dict(), average.shadow


@pytest.mark.parametrize(
    "parts",
    [
        [(tensor_steps, range(10))],
        [(tensor_steps, range(5)), (plain_steps, range(5, 10))],
        [(plain_steps, range(5)), (tensor_steps, range(5, 10))],
    ],
    ids=["alone", "then plain", "after plain"],
)
def test_ten_steps_on_tensors_are_those_of_the_optimisers(parts):
    start = small_network().state_dict()
    for found, known in zip(trained(*parts), trained((plain_steps, range(10))), strict=True):
        assert (found["0.weight"] - start["0.weight"]).abs().max() > 1e-2
        assert torch.equal(found["5.weight"], start["5.weight"])
        for name, weight in known.items():
            assert (found[name] - weight).abs().max() < 1e-5, name


def test_wide_matrices_are_made_orthogonal_as_by_muon():
    matrices = torch.randn(3, 12, 30, generator=torch.Generator().manual_seed(0))
    assert (orthogonalise_wide(matrices) - orthogonalise(matrices)).abs().max() < 1e-5
