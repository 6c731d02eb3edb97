"""The search ladder: from the cheapest way to a saddle point to the most patient one.

Each rung gives a saddle point that is then followed both ways. The first one that joins reactant
and product is the answer; one that joins something else is remembered, and the climb goes on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from actors.connection import JOINED, connects, follow
from actors.levels import XtbError
from actors.path import path_peak
from actors.saddle import Saddle, locate
from actors.xtb import Surface
from schemas.reaction import Reaction

CANDIDATES_SHARE = 0.6
"""Of the time: what the generated candidates may use before the path gets its turn."""


class Found(NamedTuple):
    """A saddle point, how it was reached, and what it joins."""

    saddle: Saddle
    route: str
    connects: str

    @property
    def joined(self) -> bool:
        """Whether it belongs to this reaction."""
        return self.connects == JOINED


class Rung(NamedTuple):
    """One way to a saddle point: its name, how to get a start, and the share of time it ends at."""

    route: str
    start: Callable[[Surface], np.ndarray]
    internal: bool
    ends_at: float


def climb(
    reaction: Reaction, candidates: Sequence[np.ndarray], surface: Surface, budget_s: float
) -> Found:
    """The first saddle point that joins both sides, else the first saddle point of the reaction.

    Args:
        reaction: The reaction.
        candidates: Geometries (N, 3) in Å to start from, best first.
        surface: Level and program; its time limit is set here.
        budget_s: Seconds of processor time for all rungs together.

    Raises:
        XtbError: `xtb_timeout` when the time is used up before any saddle point was found; else why
            the first rung failed.
    """
    started = time.process_time()
    second_best: Found | None = None
    failures: list[XtbError] = []
    dead_ends: set[str] = set()
    for rung in _rungs(reaction, candidates):
        if rung.route in dead_ends:
            continue  # other coordinates would lead from the same start to the same saddle point
        limited = surface._replace(deadline=started + rung.ends_at * budget_s)
        try:
            saddle = locate(reaction, rung.start(limited), limited, internal=rung.internal)
            found = Found(saddle, rung.route, connects(reaction, follow(reaction, saddle, limited)))
        except XtbError as error:
            failures.append(error)
            continue
        if found.joined:
            return found
        dead_ends.add(rung.route)
        second_best = second_best or found
    if second_best:
        return second_best
    timeouts = [error for error in failures if error.code == "xtb_timeout"]
    first = timeouts[-1] if timeouts and failures[-1] is timeouts[-1] else failures[0]
    raise XtbError(first.code, f"{first.message} (one of {len(failures)} attempts)")


def _rungs(reaction: Reaction, candidates: Sequence[np.ndarray]) -> Iterator[Rung]:
    # Cartesian coordinates need twice the steps, yet less time: internal ones are compiled for
    # each new molecule and then cost more than the steps they save. Where one fails, the other
    # often does not.
    for number, candidate in enumerate(candidates, 1):
        for internal in (False, True):
            start = partial(_given, candidate)
            yield Rung(f"candidate-{number}", start, internal, CANDIDATES_SHARE)
    yield Rung("path", partial(path_peak, reaction), False, 1.0)


def _given(candidate: np.ndarray, _surface: Surface) -> np.ndarray:
    return candidate
