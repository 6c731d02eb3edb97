"""One optimiser step on the network's weight matrices: our Muon against `torch.optim.Muon`.

    python bench/model/operations/muon_step.py [--repeats 3]

Both orthogonalise the same matrices, turn by turn in one run. Prints milliseconds of a step and
their ratio.
"""

import argparse
import statistics
import time

import torch

from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.training.optimizing.muon import Muon


def matrices() -> list[torch.nn.Parameter]:
    """The weights that training gives to Muon, with random gradients."""
    network = TransitionStateNetwork()
    chosen = [p for p in network.parameters() if p.ndim == 2 and min(p.shape) >= 8]
    for parameter in chosen:
        parameter.grad = torch.randn_like(parameter)
    return chosen


def main() -> None:
    """Time both, turn by turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    optimizers = {"ours": Muon(matrices(), lr=0.01), "torch": torch.optim.Muon(matrices(), lr=0.01)}
    seconds: dict[str, list[float]] = {name: [] for name in optimizers}
    for _ in range(repeats):
        for name, optimizer in optimizers.items():
            start = time.perf_counter()
            optimizer.step()
            seconds[name].append(time.perf_counter() - start)
    ours, theirs = (statistics.median(seconds[name]) for name in ("ours", "torch"))
    print(f"{len(matrices())} matrices, {torch.get_num_threads()} threads")
    print(f"ours {1e3 * ours:.1f} ms, torch.optim.Muon {1e3 * theirs:.1f} ms: {theirs / ours:.1f}x")


if __name__ == "__main__":
    main()
