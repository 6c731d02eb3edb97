"""Processes that calculate beside this one, each on a core of its own."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tscreen.actors.workers.environment import SAFE_PATHS
from tscreen.actors.workers.isolation import without_the_script
from tscreen.actors.workers.threads import hold_to_one_thread

AT_ONCE = 16
"""Values that a process of `on_all_cores` gets in one go."""
Value = TypeVar("Value")
Result = TypeVar("Result")


def calculating_pool(workers: int | None) -> ProcessPoolExecutor:
    """Processes of a single thread, one for each core where their number is None."""
    # A child is started later, and reads the limits when it loads its first library.
    hold_to_one_thread()
    os.environ.update(SAFE_PATHS)
    # A forked child would inherit torch's threads in a state that it cannot use.
    return ProcessPoolExecutor(workers or None, multiprocessing.get_context("spawn"))


def on_all_cores(function: Callable[[Value], Result], values: Sequence[Value]) -> Iterator[Result]:
    """``function`` of each value, in order, on all cores; both must be picklable."""
    with calculating_pool(None) as pool:
        with without_the_script():  # it is in here that the processes start
            results = pool.map(function, values, chunksize=AT_ONCE)
        yield from results
