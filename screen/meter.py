"""Counts what every stage has done, from all workers, while a run goes on."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from schemas import columns as c
from screen.stages import Make, Stage

MAX_ATTEMPTS = 4
"""A chunk that has ended so many workers, by running out of memory say, will end the next too."""


@dataclass
class Tally:
    """What one stage has done so far.

    Attributes:
        rows: rows that went through it.
        seconds: that all its workers together have spent.
        total: rows expected in the end, None where nobody knows.
    """

    rows: int = 0
    seconds: float = 0.0
    total: int | None = None


class Meter:
    """Runs as one tiny actor; workers tell it, the display asks it."""

    def __init__(self, totals: dict[str, int | None]):
        """Set up the tallies, in the order in which they are shown."""
        self._tallies = {name: Tally(total=total) for name, total in totals.items()}
        self._attempts: Counter[tuple[str, ...]] = Counter()

    def begin(self, *work: str) -> int:
        """A worker begins with a chunk; returns how often that has happened."""
        self._attempts[work] += 1
        return self._attempts[work]

    def note(self, name: str, rows: int, seconds: float) -> None:
        """A worker has done these rows."""
        self._tallies[name].rows += rows
        self._tallies[name].seconds += seconds

    def expect(self, name: str, total: int) -> None:
        """The number of rows of a stage has become known."""
        self._tallies[name].total = total

    def read(self) -> dict[str, Tally]:
        """All tallies so far."""
        return self._tallies


class MeterHandle(Protocol):
    """A `Meter` in another process."""

    begin: Any
    note: Any
    expect: Any
    read: Any


@dataclass(frozen=True)
class Part:
    """A stage with the name under which it is counted.

    Attributes:
        name: as the display shows it.
        make: makes the stage, in the worker.
        rows: how many rows of a table are work for it.
    """

    name: str
    make: Make
    rows: Callable[[pa.Table], int] = len


class Worker:
    """Runs some stages on one chunk after another, and tells the meter."""

    def __init__(self, parts: list[Part], meter: MeterHandle):
        """Make the stages."""
        self._meter = meter
        self._stages: list[tuple[Part, Stage]] = [(part, part.make()) for part in parts]

    def __call__(self, table: pa.Table) -> pa.Table:
        """Run all stages on a chunk.

        Raises:
            RuntimeError: the chunk has ended its worker too often.
        """
        import ray

        if c.SOURCE in table.column_names:
            stage, first = self._stages[0][0].name, table.slice(0, 1)
            where = f"row {first[c.SOURCE_ROW][0]} of '{first[c.SOURCE][0]}'"
            if ray.get(self._meter.begin.remote(stage, where)) > MAX_ATTEMPTS:
                raise RuntimeError(
                    f"the worker for '{stage}' has died {MAX_ATTEMPTS} times on the {len(table)} "
                    f"reactions from {where} on; see ray.log, and leave them out with --filter"
                )
        told = []
        for part, run in self._stages:
            start = time.perf_counter()
            table = run(table)
            seconds = time.perf_counter() - start
            told.append(self._meter.note.remote(part.name, part.rows(table), seconds))
        ray.get(told)  # so that the tallies are complete when the last chunk is
        return table
