"""What a step of the generator's training costs: plain, on fixed shapes, and by CUDA graphs.

    python bench/model/captured_steps.py gdb7_22_ts.parquet [--steps 40]

Trains new networks for some steps, on the GPU where there is one, else on the CPU, where there are
no graphs. All batches hold as many pairs as the device gets in training, so that the ways compare.
"""

import argparse
import tempfile
from functools import partial
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import torch
from clock import Clock

from tscreen.model.inference.loading import best_device, use_threads
from tscreen.model.reactions.data import load_split
from tscreen.model.training import loop
from tscreen.model.training.captured import trainer as captured
from tscreen.model.training.captured.bucket import Bucket
from tscreen.model.training.captured.graphs import CudaGraphs, PlainCalls
from tscreen.model.training.training import Trainer

WARM_UP = 3  # steps


def reactions_in(move: partial) -> int:
    """Number of reactions of a step that is to be taken."""
    (batch,) = move.args
    return batch.size if isinstance(batch, Bucket) else len(batch)


def timed(name: str, trainer: Trainer, steps: int) -> None:
    """Print milliseconds of a step, reactions a second, and seconds until the first step is done.

    On a GPU the memory that is reserved, too.
    """
    started = Clock.now()
    moves = trainer.moves()
    next(moves)()
    ready = Clock.now() - started
    for move in islice(moves, WARM_UP):
        move()
    started, reactions = Clock.now(), 0
    for move in islice(moves, steps):
        assert isinstance(move, partial)
        move()
        reactions += reactions_in(move)
    seconds = Clock.now() - started
    memory = ""
    if trainer.device == "cuda":
        memory = f", {torch.cuda.memory_reserved() / 2**30:.1f} GiB"
    print(
        f"{name}: {1e3 * seconds / steps:.0f} ms a step of {reactions / steps:.0f} reactions, "
        f"{reactions / seconds:.0f} reactions a second, ready after {ready:.1f} s{memory}"
    )


def main() -> None:
    """Time each way of taking a step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    use_threads(None)
    data, device = load_split(options.data), best_device()
    pairs = captured.CAPTURED_PAIRS if device == "cuda" else loop.MAX_PAIRS
    print(f"{device}, {len(data.train)} training reactions, {pairs} pairs a batch")

    def new(kind: type[Trainer]) -> Trainer:
        return kind(data, Path(tempfile.mkdtemp()), max_minutes=60.0, device=device)

    with patch.object(loop, "MAX_PAIRS", pairs):
        timed("plain", new(Trainer), options.steps)
    runners = {"fixed shapes": PlainCalls(), "CUDA graphs": CudaGraphs()}
    if device == "cpu":
        del runners["CUDA graphs"]
    for name, runner in runners.items():
        trainer = new(captured.CapturedTrainer)
        trainer.max_pairs = pairs
        with patch.object(captured, "runner_on", lambda _, runner=runner: runner):
            timed(name, trainer, options.steps)


if __name__ == "__main__":
    main()
