"""Processes that calculate beside this one, each on a core of its own."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from tscreen.actors.workers.environment import SAFE_PATHS
from tscreen.actors.workers.threads import hold_to_one_thread


def calculating_pool(workers: int | None) -> ProcessPoolExecutor:
    """Processes of a single thread, one for each core where their number is None."""
    # A child is started later, and reads the limits when it loads its first library.
    hold_to_one_thread()
    os.environ.update(SAFE_PATHS)
    # A forked child would inherit torch's threads in a state that it cannot use.
    return ProcessPoolExecutor(workers or None, multiprocessing.get_context("spawn"))
