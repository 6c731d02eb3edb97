"""Says before anything is computed which searches cannot fit into their time limit."""

import math
from collections.abc import Sequence

from tscreen.actors.quantum.cost import least_search_s, time_limit_s
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.errors import UsageError


def too_slow(settings: Settings, atoms: Sequence[int]) -> str | None:
    """A sentence on the reactions whose search takes longer than it may; None where all may end.

    Args:
        settings: with their level.
        atoms: of each reaction, 0 where they are not known yet.

    Raises:
        UsageError: not one of the searches can end in time.
    """
    known = [n for n in atoms if n]
    if settings.refine is Refine.NONE or settings.level is None or not known:
        return None
    level, given = settings.level, settings.search_timeout
    least = {n: least_search_s(level, n) or 0.0 for n in set(known)}
    slow = [n for n in known if least[n] > time_limit_s(n, given)]
    if not slow:
        return None
    largest = max(slow)
    limit = time_limit_s(largest, given)
    share = "all" if len(slow) == len(atoms) else f"{len(slow)} of {len(atoms)}"
    told = (
        f"`level` {level}: {share} reactions are too large for `search_timeout` {limit:,.0f}: a "
        f"search at {largest} atoms takes some {_rounded(least[largest]):,} s at the least, and "
        "mostly several times as long; give more, or a cheaper `level`"
    )
    if len(slow) == len(atoms):
        raise UsageError(told)
    return told


def _rounded(seconds: float) -> int:
    """Two digits are all that is known."""
    unit = 10 ** max(0, math.floor(math.log10(seconds)) - 1)
    return math.ceil(seconds / unit) * unit
