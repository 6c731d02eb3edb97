"""How fast a run goes: by the last ten minutes, or the last eight chunks if those took longer."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

WINDOW_S = 600.0
CHUNKS = 8
"""What the throughput is measured over, whichever took longer."""
PAUSE = 10.0
"""A wait so many times longer than usual, and than the window, is a break: the run was stopped."""


@dataclass(frozen=True)
class Arrival:
    """A chunk that came.

    Attributes:
        at: when, in seconds since the epoch.
        rows: how many rows it holds.
    """

    at: float
    rows: int


@dataclass(frozen=True)
class Throughput:
    """How fast rows come now.

    Attributes:
        rows_per_s: None where that cannot be told yet, or any more.
        over_s: the seconds that it was measured over, breaks left out.
        stalled: whether nothing has come for much longer than usual.
    """

    rows_per_s: float | None
    over_s: float
    stalled: bool


def throughput(chunks: list[Arrival], began: float, now: float) -> Throughput:
    """The throughput of the work since its last break.

    Args:
        chunks: all that came, in any order.
        began: when the work on them began.
        now: the time.
    """
    times = [began, *sorted(max(chunk.at, began) for chunk in chunks)]
    waits = [after - before for before, after in pairwise(times)]
    usual = median(waits) if waits else 0.0
    pause = max(WINDOW_S, PAUSE * usual)
    if now - times[-1] > pause:
        return Throughput(None, 0.0, stalled=True)
    first = max((number for number, wait in enumerate(waits, 1) if wait > pause), default=0)
    since = times[first:]
    start = since[0]
    if len(since) > CHUNKS:
        start = min(since[-CHUNKS - 1], max(since[0], now - WINDOW_S))
    rows = sum(chunk.rows for chunk in chunks if chunk.at > start)
    over = now - start
    return Throughput(rows / over if rows and over > 0 else None, max(0.0, over), stalled=False)
