"""Runs stages on chunks and tells the counters."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pyarrow as pa

from tscreen.actors.workers.stage import Stage, Transform, at_work, shared_by
from tscreen.schemas import columns as c
from tscreen.screen.engine.counters import Counting
from tscreen.screen.engine.quarantine import MAX_ATTEMPTS, run_on, run_one_by_one


class Worker:
    """Runs some stages on one chunk after another; lives on from chunk to chunk.

    A row that makes a stage fail, run out of memory or die leaves with a code (`quarantine`).

    Args:
        stages: in order.
        counters: are told of every chunk.
        calls: how many chunks it may be given at the same time, in threads.
        cut: whether each row goes on alone.
    """

    def __init__(self, stages: list[Stage], counters: Counting, calls: int = 1, cut: bool = False):
        self._counters = counters
        self._cut = cut
        self._shared = shared_by(stages)
        self._stages = at_work(stages, self._shared)
        self._seats = _Seats(calls)

    def __call__(self, table: pa.Table) -> list[pa.Table]:
        """Run all stages on a chunk, or on a row that goes alone."""
        for stage, transform in self._stages:
            run = partial(self._run, stage.name, transform)
            table = timed(stage, self._counters, run, table)
        return rows_of(table) if self._cut else [table]

    def close(self) -> None:
        """End what it has started beside itself, whatever that is doing."""
        self._shared.close()

    def _run(self, name: str, transform: Transform, table: pa.Table) -> pa.Table:
        work = (name, table[c.SOURCE_CHUNK][0].as_py(), table[c.CHUNK_PLACE][0].as_py())
        if self._counters.begin(*work) <= MAX_ATTEMPTS:
            with self._seats.one():
                done = run_on(transform, table, name)
        else:
            with self._seats.all():  # so that nothing dies with it, and nothing else kills it
                done = run_one_by_one(
                    transform,
                    table,
                    name,
                    begin=lambda row: self._counters.begin(*work, row),
                    end=lambda row: self._counters.end(*work, row),
                )
        self._counters.end(*work)
        return done


class LightWorker:
    """Runs stages in which no row is computed.

    With Ray it lives on like any other worker: while pools fill the cores, Ray ends the process of
    a mere task after a second without work, and the next task waits for another to be started.

    Args:
        stages: in order.
        counters: are told of every chunk.
        cut: whether each row goes on alone.
    """

    def __init__(self, stages: list[Stage], counters: Counting, cut: bool = False):
        self._stages = at_work(stages, shared_by(stages))
        self._counters = counters
        self._cut = cut

    def __call__(self, table: pa.Table) -> list[pa.Table]:
        """Run all stages on a chunk, or on a row that goes alone."""
        for stage, transform in self._stages:
            table = timed(stage, self._counters, transform, table)
        return rows_of(table) if self._cut else [table]

    def close(self) -> None:
        """See `Worker`."""


def rows_of(table: pa.Table) -> list[pa.Table]:
    """A table of each row."""
    return [table.slice(row, 1) for row in range(len(table))]


def timed(stage: Stage, counters: Counting, transform: Transform, table: pa.Table) -> pa.Table:
    """Run a stage, and tell the counters how many rows took how long."""
    start = time.perf_counter()
    table = transform(table)
    seconds = time.perf_counter() - start
    counters.note(stage.name, stage.count(table), seconds)
    return table


class _Seats:
    """Lets several in at the same time, or one alone."""

    def __init__(self, count: int):
        self._count = count
        self._free = threading.Semaphore(count)
        self._door = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._door:
            self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    @contextmanager
    def all(self) -> Iterator[None]:
        with self._door:
            for _ in range(self._count):
                self._free.acquire()
        try:
            yield
        finally:
            self._free.release(self._count)
