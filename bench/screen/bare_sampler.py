"""The sampler without an engine around it: the measure of what the engine costs."""

import multiprocessing
import time
from pathlib import Path
from typing import Any

import torch

from tscreen.actors.sampler import Sampler
from tscreen.model.inference.defaults import Sampling
from tscreen.schemas.validate import validate
from tscreen.screen.inputs.reading import plan, read_chunk
from tscreen.screen.runs.screening import BLOCK_ROWS
from tscreen.screen.storage.location import Location


def bare_rate(data: Path, reactions: int, samples: int, steps: int, processes: int) -> float:
    """Reactions per second of so many processes of one thread, side by side.

    Each holds the model and its share of the chunks in memory before the clock starts, and
    writes nothing. That is the most that a machine gives: one process of several threads is slower.
    """
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(
            target=_sample,
            args=(data, reactions, samples, steps, (index, processes), ready, results),
        )
        for index in range(processes)
    ]
    for worker in workers:
        worker.start()
    done = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(count for count, _ in done) / max(seconds for _, seconds in done)


def _sample(
    data: Path,
    reactions: int,
    samples: int,
    steps: int,
    share: tuple[int, int],
    ready: Any,
    results: Any,
) -> None:
    torch.set_num_threads(1)
    stage = Sampler(Sampling(samples, steps, 0))
    chunks = plan([Location.at(data)], block_rows=BLOCK_ROWS, filter=None, limit=reactions).chunks
    index, processes = share
    tables = [validate(read_chunk(chunk), max_atoms=100) for chunk in chunks[index::processes]]
    stage(tables[0].slice(0, 2))  # first call pays for lazy initialisation
    ready.wait()
    start = time.perf_counter()
    for table in tables:
        stage(table)
    results.put((sum(map(len, tables)), time.perf_counter() - start))
