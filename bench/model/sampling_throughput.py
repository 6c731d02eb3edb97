"""Samples per second, and where the time goes: trunk, denoiser, everything else.

    python bench/model/sampling_throughput.py gdb7_22_ts.parquet cyclo_23_ts.parquet

Samples real reactions of one size (the data's 14- and 45-atom ones) with the shipped weights, on
the GPU where there is one, as a run does: priors, sampling, recommender and all. The shares are of
the same wall time.
"""

import argparse
from pathlib import Path

import torch
from clock import Clock

from tscreen.model.evaluation.evaluation import evaluate
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import TrainedModel, best_device, load_model, use_threads
from tscreen.model.reactions.data import ReferenceReaction, load_reference


def measure(
    model: TrainedModel, rows: list[ReferenceReaction], samples: int, steps: int
) -> tuple[float, dict[str, float]]:
    """Samples per second and the shares of trunk and denoiser."""
    clock = Clock()
    network = model.network
    originals = network.trunk.forward, network.denoiser.forward
    network.trunk.forward = clock.watch("trunk", originals[0])
    network.denoiser.forward = clock.watch("denoiser", originals[1])
    figures, _ = evaluate(model, rows, None, Sampling(samples, steps))
    network.trunk.forward, network.denoiser.forward = originals
    total = samples * len(rows) / figures.samples_per_second
    return figures.samples_per_second, {k: v / total for k, v in clock.seconds.items()}


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--atoms", nargs="+", type=int, default=[14, 45])
    parser.add_argument("--reactions", type=int, default=16, help="of each size")
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    use_threads(None)
    rows = [row for path in options.data for row in load_reference(path).rows]
    model = load_model(None, best_device())
    print(f"{best_device()}, {torch.get_num_threads()} threads, {options.steps} steps")
    for atoms in options.atoms:
        chosen = [row for row in rows if row.prepared.n_atoms == atoms][: options.reactions]
        measure(model, chosen[:2], options.samples, options.steps)  # warm-up
        rate, shares = measure(model, chosen, options.samples, options.steps)
        rest = 1.0 - sum(shares.values())
        print(
            f"{atoms:3d} atoms: {rate:8.1f} samples/s, {rate / options.samples:7.2f} reactions/s; "
            f"trunk {shares['trunk']:.1%}, denoiser {shares['denoiser']:.1%}, rest {rest:.1%}"
        )


if __name__ == "__main__":
    main()
