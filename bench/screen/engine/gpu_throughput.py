"""What one process samples in a second, by how many reactions it is given at once.

    python bench/screen/engine/gpu_throughput.py DATA.parquet \
        [--reactions 4000] [--samples 10 40] [--at-once 32 256 4000] [--seconds 30]

On the GPU where there is one. A run gives its samplers 32 reactions at once. Prints, of the best of
two passes: reactions and samples per second, the share of the time that goes by before the device
is used (`prepare`) and in drawing random numbers, both on the processor, and the most memory that
was allocated, beside what `model/inference/memory.py` allows for. Nothing is begun once `--seconds`
are over.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from tscreen.model.inference import generator, sampling
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import Generator, best_device, load_generator, use_threads
from tscreen.model.inference.memory import (
    BYTES_PER_PAIR,
    BYTES_PER_PAIR_SAMPLE,
    batch_size,
)
from tscreen.model.reactions.data import load_reference
from tscreen.schemas.reaction import Reaction

MEBIBYTE = 2**20
ON_PROCESSOR = {"prepare": generator, "draw_randomness": sampling}


class Watch:
    """Seconds spent within some functions."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(ON_PROCESSOR, 0.0)
        for name, module in ON_PROCESSOR.items():
            setattr(module, name, self._timed(name, getattr(module, name)))

    def _timed(self, name: str, function: Callable) -> Callable:
        def timed(*args: object) -> object:
            start = time.perf_counter()
            result = function(*args)
            self.seconds[name] += time.perf_counter() - start
            return result

        return timed

    def reset(self) -> None:
        """Begin anew."""
        self.seconds = dict.fromkeys(self.seconds, 0.0)


def seconds(model: Generator, reactions: list[Reaction], at_once: int, samples: int) -> float:
    """Time to sample all reactions, so many at once; results come back to the processor."""
    start = time.perf_counter()
    for first in range(0, len(reactions), at_once):
        generator.recommend(model, reactions[first : first + at_once], Sampling(samples))
    return time.perf_counter() - start


def allowed(reactions: list[Reaction], samples: int) -> float:
    """MiB that the largest pass may need, as batches are sized for it."""
    pairs = sum(n * (n - 1) // 2 for n in (len(one.atomic_numbers) for one in reactions))
    size = batch_size(best_device())
    trunk = BYTES_PER_PAIR * min(pairs, size.pairs)
    return max(trunk, BYTES_PER_PAIR_SAMPLE * min(pairs * samples, size.pair_samples)) / MEBIBYTE


def main() -> None:
    """Print a line for each number of samples and of reactions at once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reactions", type=int, default=4000)
    parser.add_argument("--samples", nargs="+", type=int, default=[10, 40])
    parser.add_argument("--at-once", nargs="+", type=int, default=[32, 256, 4000])
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    use_threads(None)
    rows = load_reference(options.data).rows[: options.reactions]
    reactions = [row.reaction for row in rows]
    model, watch = load_generator(None, best_device()), Watch()
    print(f"{best_device()}, {torch.get_num_threads()} threads, {len(reactions)} reactions")
    seconds(model, reactions[:64], 32, 10)  # the first calls load kernels
    for samples in options.samples:
        for at_once in options.at_once:
            if time.monotonic() > end:
                print("the time is over", flush=True)
                return
            measure(model, reactions, at_once, samples, watch)


def measure(
    model: Generator, reactions: list[Reaction], at_once: int, samples: int, watch: Watch
) -> None:
    """Print one line."""
    if best_device() == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    passes = []
    for _ in range(2):
        watch.reset()
        passes.append((seconds(model, reactions, at_once, samples), watch.seconds))
    best, shares = min(passes, key=lambda one: one[0])
    told = ", ".join(f"{name} {value / best:.0%}" for name, value in shares.items())
    most = torch.cuda.max_memory_allocated() / MEBIBYTE if best_device() == "cuda" else 0.0
    print(
        f"{samples:>3} samples, {at_once:>5} at once: {len(reactions) / best:8.1f} reactions/s, "
        f"{samples * len(reactions) / best:9.1f} samples/s; {told}; {most:,.0f} MiB, "
        f"allowed for {allowed(reactions[:at_once], samples):,.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
