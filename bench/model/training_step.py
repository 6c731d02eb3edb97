"""What a training step costs, and where: trunk, denoiser, backward pass, optimisers.

    python bench/model/training_step.py gdb7_22_ts.parquet [--steps 20]

Trains a new network for some steps, on the GPU where there is one. An epoch's time follows from the
number of its batches. The shares are of the same wall time; forward passes that choose the nearest
of the random priors count as the denoiser's.
"""

import argparse
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from clock import Clock

from tscreen.model.inference.loading import best_device, use_threads
from tscreen.model.reactions.data import epoch_batches, load_split
from tscreen.model.training.loop import MAX_PAIRS
from tscreen.model.training.training import Trainer


def main() -> None:
    """Print milliseconds of a step, seconds of an epoch and the shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    use_threads(None)
    data = load_split(options.data)
    out = Path(tempfile.mkdtemp())
    trainer = Trainer(data, out, max_minutes=60.0, device=best_device())
    batches = trainer.batches()
    for batch in islice(batches, 3):
        trainer.step(batch)
    clock = Clock()
    network, backward = trainer.network, torch.Tensor.backward
    network.trunk.forward = clock.watch("trunk", network.trunk.forward)
    network.denoiser.forward = clock.watch("denoiser", network.denoiser.forward)
    torch.Tensor.backward = clock.watch("backward", backward)
    for optimizer in trainer.optimizers:
        name = type(optimizer).__name__
        optimizer.step = clock.watch(name, optimizer.step)
    start = clock.now()
    for batch in islice(batches, options.steps):
        trainer.step(batch)
    total = clock.now() - start
    atoms = np.array([row.prepared.n_atoms for row in data.train])
    in_epoch = len(epoch_batches(atoms, MAX_PAIRS, 0, 0))
    step = total / options.steps
    print(f"{best_device()}, {torch.get_num_threads()} threads, {len(data.train)} reactions")
    print(f"a step {1e3 * step:.0f} ms, an epoch of {in_epoch} steps {step * in_epoch:.0f} s")
    print(", ".join(f"{name} {spent / total:.0%}" for name, spent in clock.seconds.items()))


if __name__ == "__main__":
    main()
