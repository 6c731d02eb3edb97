"""Time and peak memory against the size of a reaction, up to 200 atoms.

    python bench/model/size_scaling.py [--atoms 10 25 50 100 200] [--samples 40] [--steps 10]

Each size runs in a process of its own, so that its peak memory is its own. The reactions are chains
with a random deformation, for no reaction data reaches 200 atoms.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import torch

from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import sample_and_score
from tscreen.model.inference.loading import best_device, load_generator, use_threads
from tscreen.model.reactions.batch import collate, prepare
from tscreen.schemas.reaction import Reaction

MEGABYTE = 1024  # of kibibytes, in which Linux counts resident memory


def chain(atoms: int) -> Reaction:
    """A helix of alternating carbon and hydrogen atoms, deformed on its way to the product."""
    turn = 1.8 * np.arange(atoms)
    helix = np.stack([np.cos(turn), np.sin(turn), 0.55 * turn / 1.8], axis=1)
    reactant = helix.astype(np.float32)
    product = reactant + np.random.default_rng(0).normal(0, 0.2, reactant.shape)
    one = np.zeros(atoms, dtype=np.uint8)
    numbers = np.where(np.arange(atoms) % 2, 1, 6).astype(np.uint8)
    return Reaction(f"chain-{atoms}", numbers, reactant, product.astype(np.float32), one, one, 0, 1)


def measure(atoms: int, samples: int, steps: int) -> tuple[float, float, float]:
    """Seconds of the trunk, seconds of everything, and MiB that the sampling added at its peak."""
    use_threads(None)
    device = best_device()
    model = load_generator(None, device)
    small = collate([prepare(chain(10))]).to(device)
    sample_and_score(model, small, ["warm-up"], Sampling(2, 1))
    before = _peak(device)
    batch = collate([prepare(chain(atoms))]).to(device)
    start = time.perf_counter()
    with torch.no_grad():
        model.network.trunk(batch).distance.cpu()
    trunk = time.perf_counter() - start
    start = time.perf_counter()
    scored = sample_and_score(model, batch, ["chain"], Sampling(samples, steps))
    scored.rank.cpu()  # wait for the device before the clock is read
    return trunk, time.perf_counter() - start, _peak(device) - before


def _peak(device: str) -> float:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--atoms", nargs="+", type=int, default=[10, 25, 50, 100, 200])
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{options.samples} samples of {options.steps} steps")
    for atoms in options.atoms:
        with context.Pool(1) as pool:
            arguments = (atoms, options.samples, options.steps)
            trunk, total, memory = pool.apply(measure, arguments)
        print(
            f"{atoms:4d} atoms: trunk {trunk:7.3f} s, all {total:8.2f} s, peak +{memory:6.0f} MiB"
        )


if __name__ == "__main__":
    main()
