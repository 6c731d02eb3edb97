"""Bytes that trunk and denoiser need at their peak, by which a GPU's batches are sized.

    python bench/model/sampler_memory.py

Counts what torch allocates, on the GPU where there is one, else on the CPU, where it allocates the
same tensors. Prints bytes for each pair of atoms (trunk) and for each pair of each sample
(denoiser, recommender); the largest stand in `model/inference/memory.py`.
"""

from collections.abc import Callable
from typing import Any

import torch
from size_scaling import chain
from torch.profiler import ProfilerActivity, profile

from tscreen.model.inference import sampling
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import (
    Generator,
    best_device,
    device_of,
    load_generator,
    use_threads,
)
from tscreen.model.inference.memory import BatchSize
from tscreen.model.reactions.batch import collate, prepare

SHAPES = ((8, 14, 8), (16, 14, 32), (2, 45, 8), (1, 90, 8))
"""Reactions, atoms of each, samples."""
SHAPES_ON_GPU = ((32, 14, 10), (512, 14, 40), (4096, 14, 8), (16, 90, 40))


def peak(function: Callable[[], Any]) -> tuple[Any, int]:
    """What a function returns, and the most bytes that were allocated in it at a time."""
    if best_device() == "cuda":
        function()  # the first call allocates workspaces of libraries that stay
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        return function(), torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = function()
    events = profiler.profiler.kineto_results.events()
    changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return result, most


def measure(model: Generator, n_reactions: int, n_atoms: int, n_samples: int) -> None:
    """Measure one shape of batch."""
    network = model.network
    batch = collate([prepare(chain(n_atoms))] * n_reactions).to(device_of(network))
    names = [str(row) for row in range(n_reactions)]
    trunk, of_trunk = peak(lambda: network.trunk(batch))
    samples, of_samples = peak(
        lambda: sampling.sample_structures(network, trunk, batch, names, Sampling(n_samples, 1))
    )
    _, of_scorer = peak(lambda: model.recommender(samples, trunk, batch))
    pairs = len(batch.upper)
    print(
        f"{n_reactions:>3} x {n_atoms} atoms, {n_samples} samples: trunk {of_trunk / pairs:.0f}, "
        f"denoiser {of_samples / pairs / n_samples:.0f}, "
        f"recommender {of_scorer / pairs / n_samples:.0f} bytes",
        flush=True,
    )


@torch.no_grad()
def main() -> None:
    """Measure every shape."""
    use_threads(1)
    sampling.batch_size = lambda _: BatchSize(10**9, 10**9)  # all at once
    device = best_device()
    model = load_generator(None, device)
    for shape in SHAPES if device == "cpu" else SHAPES_ON_GPU:
        measure(model, *shape)


if __name__ == "__main__":
    main()
