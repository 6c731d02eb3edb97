"""Counts what every stage has done, from all workers, while a run goes on."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Protocol


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


class Counters:
    """Workers tell it, in threads or, where it is an actor, in other processes; a display asks."""

    def __init__(self, totals: dict[str, int | None]):
        """Set up the tallies, in the order in which they are shown."""
        self._tallies = {name: Tally(total=total) for name, total in totals.items()}
        self._begun: Counter[tuple[str | int, ...]] = Counter()
        self._since: float | None = None
        self._lock = threading.Lock()

    def begin(self, *work: str | int) -> int:
        """A worker begins with something; returns how often that has happened without an end."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
            self._begun[work] += 1
            return self._begun[work]

    def end(self, *work: str | int) -> None:
        """A worker has lived to the end of something."""
        with self._lock:
            self._begun.pop(work, None)

    def since(self) -> float | None:
        """When the first worker began, by this machine's `time.monotonic`; None if none has."""
        return self._since

    def note(self, name: str, rows: int, seconds: float) -> None:
        """A worker has done these rows."""
        with self._lock:
            self._tallies[name].rows += rows
            self._tallies[name].seconds += seconds

    def expect(self, name: str, total: int) -> None:
        """The number of rows of a stage has become known."""
        self._tallies[name].total = total

    def read(self) -> dict[str, Tally]:
        """All tallies so far."""
        return self._tallies


class Counting(Protocol):
    """A `Counters`, here or in another process."""

    def begin(self, *work: str | int) -> int:
        """See `Counters`."""

    def end(self, *work: str | int) -> None:
        """See `Counters`."""

    def since(self) -> float | None:
        """See `Counters`."""

    def note(self, name: str, rows: int, seconds: float) -> None:
        """See `Counters`."""

    def expect(self, name: str, total: int) -> None:
        """See `Counters`."""

    def read(self) -> dict[str, Tally]:
        """See `Counters`."""
