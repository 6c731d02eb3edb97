"""Processes that calculate beside this one, each on a core of its own."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from tscreen.actors.workers.environment import SAFE_PATHS
from tscreen.actors.workers.isolation import without_the_script
from tscreen.actors.workers.threads import hold_to_one_thread


class CalculatingPool(ProcessPoolExecutor):
    """Processes that do not run the script again that this one was started with."""

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Have something calculated; it is in here that the processes start."""
        with without_the_script():
            return super().submit(fn, *args, **kwargs)


def calculating_pool(workers: int | None) -> CalculatingPool:
    """Processes of a single thread, one for each core where their number is None."""
    # A child is started later, and reads the limits when it loads its first library.
    hold_to_one_thread()
    os.environ.update(SAFE_PATHS)
    # A forked child would inherit torch's threads in a state that it cannot use.
    spawning = multiprocessing.get_context("spawn")
    return CalculatingPool(workers or None, spawning, initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Have this process end when the one that it calculates for is killed.

    It would wait for work for ever: what it waits at is held open by itself, too.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
