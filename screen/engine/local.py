"""Carries stages out in this process, for runs that are over before Ray has started.

Each kind of workers is a pool of threads: what computes long does so in native code or, quantum
chemistry, in a child process of the thread. What dies in the process itself ends the run, which the
same command goes on with; with Ray such a row would be found and set aside.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pyarrow as pa

from tscreen.screen.engine.counters import Counters, Counting
from tscreen.screen.engine.engine import Engine
from tscreen.screen.engine.flow import Flow, Group, grouped
from tscreen.screen.engine.pools import PoolSizes
from tscreen.screen.engine.worker import LightWorker, Worker

AnyWorker = Worker | LightWorker
WAITING = 4
"""Threads of each pool that computes nothing: most of their time they wait for the disk."""
IN_HAND = 256
"""Tables on their way at most: what is read faster than it is written would pile up in memory."""


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux's
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalEngine(Engine):
    """Threads of this process; one of them samples, with all cores."""

    samplers = 1

    def __init__(self) -> None:
        super().__init__({"CPU": float(cores())})

    @contextmanager
    def counters(self, totals: dict[str, int | None]) -> Iterator[Counting]:
        """See `Engine`."""
        yield Counters(totals)

    def carry_out(self, flow: Flow, sizes: PoolSizes, counters: Counting) -> None:
        """See `Engine`."""
        if flow.tables:
            lanes = [_Lane(group, sizes, counters) for group in grouped(flow.stages)]
            _Stream(lanes).send(flow.tables)


class _Lane:
    """Threads that run the same stages, each with a worker of its own."""

    def __init__(self, group: Group, sizes: PoolSizes, counters: Counting) -> None:
        pool, computing = sizes.pool(group.resources), group.resources.computes
        self._cores = pool.threads if computing else None
        kind = Worker if computing else LightWorker
        self._make: Callable[[], AnyWorker] = partial(
            kind, stages=group.stages, counters=counters, cut=group.cut
        )
        self._threads = ThreadPoolExecutor(
            pool.size if computing else WAITING, group.stages[0].name
        )
        self._own = threading.local()
        self._made: list[AnyWorker] = []

    def submit(self, work: Callable[[], None]) -> None:
        """Let the next thread that is free do some work."""
        self._threads.submit(work)

    def worker(self) -> AnyWorker:
        """The worker of the thread that asks."""
        if not hasattr(self._own, "worker"):
            self._own.worker = self._make()
            if self._cores is not None:
                from tscreen.model.inference.loading import use_threads  # loads torch

                use_threads(self._cores)  # counts for this thread of Python alone
            self._made.append(self._own.worker)
        return self._own.worker

    def close(self) -> None:
        """Begin nothing more, end the children, and wait for what is going on here."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._made:
            worker.close()
        self._threads.shutdown()


class _Stream:
    """Tables on their way through the lanes."""

    def __init__(self, lanes: list[_Lane]) -> None:
        self._lanes = lanes
        self._open = 0
        self._failed: BaseException | None = None
        self._changed = threading.Condition()

    def send(self, tables: list[pa.Table]) -> None:
        """Send tables through all lanes.

        Raises:
            Exception: whatever a worker raised first; nothing is begun after it.
        """
        try:
            for table in tables:
                self._wait_for(fewer_than=IN_HAND)
                self._give(0, table)
            self._wait_for(fewer_than=1)
        except BaseException as interrupt:  # so that no thread goes on behind a user's back
            self._fail(interrupt)
            raise
        finally:
            for lane in self._lanes:
                lane.close()
        if self._failed is not None:
            raise self._failed

    def _wait_for(self, fewer_than: int) -> None:
        """Until so few tables are on their way, or something has failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._open < fewer_than or self._failed is not None)

    def _give(self, level: int, table: pa.Table) -> None:
        with self._changed:
            self._open += 1
        self._lanes[level].submit(partial(self._work, level, table))

    def _work(self, level: int, table: pa.Table) -> None:
        try:
            # What comes after a failure is the work of children that were ended in the middle.
            for done in self._lanes[level].worker()(table) if self._failed is None else ():
                if self._failed is None and level + 1 < len(self._lanes):
                    self._give(level + 1, done)
        except Exception as error:
            self._fail(error)
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failed = self._failed or error
            self._changed.notify()
