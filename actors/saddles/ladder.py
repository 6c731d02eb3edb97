"""The search ladder: from the cheapest way to a saddle point to the most patient one.

Each rung gives a saddle point that is then followed both ways, and on from an intermediate to the
side that is missing. The first one that joins reactant and product is the answer; one that joins
something else is remembered, and the climb goes on. A way that falls from one side to the other
ends it: there is no saddle point to find. For a substitution there is one more question
after that: whether the other way to attack leads over a lower saddle point.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from tscreen.actors.between.approach import approach, meeting
from tscreen.actors.between.driven import driven
from tscreen.actors.between.halfway import lowest_halfway
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.irc import (
    JOINED,
    STEPWISE,
    Ends,
    connects,
    follow,
    intermediate,
)
from tscreen.actors.saddles.onward import leads_on
from tscreen.actors.saddles.path import (
    NO_BARRIER,
    interpolated_peak,
    path_over,
    path_peak,
)
from tscreen.actors.saddles.saddle import Saddle, is_strained, locate, settled
from tscreen.actors.saddles.substitution import in_line, turns_over
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph, changing_bonds
from tscreen.schemas.reaction import Reaction

_CANDIDATE, _SETTLED = "candidate-{}", "{}-settled"
BACK_SIDE, IN_LINE, HALFWAY = "back-side", "in-line", "halfway"
_APPROACH = ("approach-reactant", "approach-product")

FROM_SIDES: dict[str, Callable[[Reaction, Surface], np.ndarray]] = {
    "driven-reactant": partial(driven, side=0),
    "driven-product": partial(driven, side=1),
    "interpolated": interpolated_peak,
}
"""Starts (N, 3) in Å that both sides give without a model or a relaxed path, by the rung's name."""

SAME_ENERGY, SAME_FREQUENCY = 1e-3, 10.0
"""Two saddle points that differ by less, eV and cm⁻¹, are one."""


class Found(NamedTuple):
    """A saddle point, what it joins, the minima below it, and the name of what led to it."""

    saddle: Saddle
    connects: str
    ends: Ends
    by: str

    @property
    def joined(self) -> bool:
        """Whether it belongs to this reaction."""
        return self.connects in (JOINED, STEPWISE)

    @property
    def from_candidate(self) -> bool:
        """Whether a candidate led to it, as it is or settled."""
        prefix, suffix = _CANDIDATE.format(""), _SETTLED.format("")
        return self.by.removeprefix(prefix).removesuffix(suffix).isdigit()


def found_from(
    reaction: Reaction, start: np.ndarray, surface: Surface, name: str, below: float = np.inf
) -> Found:
    """The saddle point that a start (N, 3) in Å leads to, and what its two ways down join.

    Args:
        reaction: The reaction.
        start: (N, 3) in Å.
        surface: Level, program and time limit.
        name: Of the start.
        below: Energy in eV; see `locate`.

    Raises:
        CalculationError: As `locate` and `follow`.
    """
    saddle = locate(reaction, start, surface, below=below)
    ends = follow(reaction, saddle, surface)
    return Found(saddle, connects(reaction, ends), ends, name)


class Climb(NamedTuple):
    """What came of a climb.

    Attributes:
        route: names of the rungs that were tried, in order; the last one gave the answer if there
            is one that joins both sides.
        found: the saddle point that joins both sides, else the first one of the reaction, if any;
            None where there is no barrier.
        failure: why there is none.
        others: saddle points found on the way.
    """

    route: tuple[str, ...]
    found: Found | None
    failure: CalculationError | None
    others: tuple[Found, ...] = ()

    def has_tried(self, number: int) -> bool:
        """Whether this candidate, counted from 1, was started from."""
        name = _CANDIDATE.format(number)
        return name in self.route or _SETTLED.format(name) in self.route

    def untried(self, candidates: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Those of its candidates (N, 3) in Å that were not started from."""
        return [x for number, x in enumerate(candidates, 1) if not self.has_tried(number)]


class Rung(NamedTuple):
    """One way to a saddle point.

    Attributes:
        name: of the rung.
        start: gets a geometry (N, 3) in Å to start from.
        ends_at: share of the time at which it must have ended.
        far: whether it starts from the sides, and not from a candidate alone.
    """

    name: str
    start: Callable[[Surface], np.ndarray]
    ends_at: float
    far: bool = False


def climb(
    reaction: Reaction,
    candidates: Sequence[np.ndarray],
    surface: Surface,
    budget_s: float,
    *,
    paths: bool = True,
    onwards: bool = True,
) -> Climb:
    """The first saddle point that joins both sides, else the first saddle point of the reaction.

    Args:
        reaction: The reaction.
        candidates: Geometries (N, 3) in Å to start from, best first.
        surface: Level and program; its time limit is set here.
        budget_s: Seconds of processor time for all rungs together.
        paths: Try paths between the sides where the candidates lead to no saddle point.
        onwards: Try to go on from an intermediate to the side that is missing.
    """
    started = time.process_time()
    whole = surface._replace(deadline=started + budget_s)
    route: list[str] = []
    elsewhere: list[Found] = []
    failures: list[CalculationError] = []
    for rung in rungs(reaction, candidates, whole, paths):
        if rung.far and any(_changes_bonds(reaction, one) for one in elsewhere):
            break  # a band leads to the same saddle point at many times the cost
        limited = surface._replace(deadline=started + rung.ends_at * budget_s)
        route.append(rung.name)
        try:
            saddle = locate(reaction, rung.start(limited), limited)
            if any(_same(saddle, other.saddle) for other in elsewhere):
                continue  # it has been followed already
            ends = follow(reaction, saddle, whole)  # too dear to be lost for the rung's time
        except CalculationError as error:
            if error.code == NO_BARRIER:
                return Climb(tuple(route), None, error, tuple(elsewhere))
            failures.append(error)
            continue
        found = Found(saddle, connects(reaction, ends), ends, rung.name)
        if found.joined:
            return Climb(tuple(route), found, None, tuple(elsewhere))
        if onwards:
            found = onward(reaction, found, whole)
        if found.joined:
            return Climb((*route, "onward"), found, None, tuple(elsewhere))
        elsewhere.append(found)
    if not elsewhere:
        return Climb(tuple(route), None, _worst(failures))
    return Climb(tuple(route), elsewhere[0], None, tuple(elsewhere[1:]))


def onward(reaction: Reaction, found: Found, surface: Surface) -> Found:
    """What a saddle point joins when the intermediate below it is followed to the missing side.

    Args:
        reaction: The reaction.
        found: A saddle point that does not join both sides by itself.
        surface: Level, program and time limit.
    """
    rest = intermediate(reaction, found.ends)
    if rest is None:
        return found
    try:
        missing = leads_on(reaction, *rest, found.saddle.energy, surface)
    except CalculationError:
        return found  # it stands, with what it is known to join
    if missing is None:
        return found
    known = found.ends.other if found.ends.one is rest[0] else found.ends.one
    joined = connects(reaction, Ends(known, missing)) == JOINED
    return found._replace(connects=STEPWISE) if joined else found


def opposed(reaction: Reaction, first: Found, surface: Surface) -> Found | None:
    """The saddle point of attack from the opposite side where it is lower and joins both sides.

    Args:
        reaction: The reaction; all but substitutions and transfers of an atom have no other way.
        first: A saddle point that joins both sides.
        surface: Level, program and time limit.
    """
    start, name = in_line(reaction), _opposed_name(reaction)
    if start is None or first.by.startswith(name):
        return None
    return _lower(reaction, first, _from(reaction, start, surface, name, 1.0), surface)


def beside(reaction: Reaction, first: Found, surface: Surface) -> Found | None:
    """The saddle point that a start halfway leads to where it is lower and joins both sides.

    Args:
        reaction: The reaction; something is bonded otherwise on its two sides.
        first: A saddle point that joins both sides.
        surface: Level, program and time limit.
    """
    if first.by == HALFWAY:
        return None
    rung = Rung(HALFWAY, partial(_halfway, reaction), 1.0)
    return _lower(reaction, first, [rung], surface)


def _lower(
    reaction: Reaction, first: Found, ways: Iterable[Rung], surface: Surface
) -> Found | None:
    """What the first way that leads to a saddle point finds, if that is lower than another."""
    for rung in ways:
        try:
            saddle = locate(reaction, rung.start(surface), surface)
            if saddle.energy > first.saddle.energy - SAME_ENERGY:
                return None
            ends = follow(reaction, saddle, surface)
        except CalculationError:
            continue
        found = onward(reaction, Found(saddle, connects(reaction, ends), ends, rung.name), surface)
        if found.joined:
            return found
    return None


def _opposed_name(reaction: Reaction) -> str:
    """What a search from `in_line` is called."""
    return BACK_SIDE if turns_over(reaction) else IN_LINE


def _changes_bonds(reaction: Reaction, found: Found) -> bool:
    """Whether the minima that a saddle point joins are more than conformers of each other."""
    one, other = (bond_graph(reaction.atomic_numbers, end) for end in found.ends)
    return not np.array_equal(one, other)


def _same(one: Saddle, other: Saddle) -> bool:
    """Whether two saddle points are one, as far as energy and imaginary mode tell."""
    return (
        abs(one.energy - other.energy) < SAME_ENERGY
        and abs(one.frequency_cm1 - other.frequency_cm1) < SAME_FREQUENCY
    )


def _worst(failures: Sequence[CalculationError]) -> CalculationError:
    """Time that was used up, for with more the last rung might have done it; else the first."""
    last = failures[-1]
    told = last if last.timed_out else failures[0]
    return CalculationError(told.code, f"{told.message} (one of {len(failures)} attempts)")


def rungs(
    reaction: Reaction,
    candidates: Sequence[np.ndarray],
    surface: Surface = DEFAULT_SURFACE,
    paths: bool = True,
) -> Iterator[Rung]:
    """The ladder of a reaction, from the first rung to the last."""
    for number, candidate in enumerate(candidates, 1):
        ends_at = 0.2 * number if paths else 1.0
        yield from _from(reaction, candidate, surface, _CANDIDATE.format(number), ends_at)
    if paths:
        opposite = in_line(reaction)
        if opposite is not None:
            yield from _from(reaction, opposite, surface, _opposed_name(reaction), 0.7)
        if len(changing_bonds(reaction)):
            yield Rung(HALFWAY, partial(_halfway, reaction), 0.75)
            yield from _approaches(reaction, candidates)
            for name, start in FROM_SIDES.items():
                yield Rung(name, partial(start, reaction), 0.85)
        if len(candidates):
            over = partial(path_over, reaction, candidates[0])
            yield Rung("candidate-path", over, 0.9, far=True)
        yield Rung("path", partial(path_peak, reaction), 1.0, far=True)


def _approaches(reaction: Reaction, candidates: Sequence[np.ndarray]) -> Iterator[Rung]:
    """From the places where molecules that are pulled together meet a peak."""
    for side, name in enumerate(_APPROACH):
        if len(candidates) and len(meeting(reaction, side)):
            yield Rung(name, partial(approach, reaction, candidates[0], side), 0.8)


def _from(
    reaction: Reaction, structure: np.ndarray, surface: Surface, name: str, ends_at: float
) -> Iterator[Rung]:
    """From a structure as it is and settled, the latter first where it is strained."""
    own = [Rung(name, partial(_given, structure), ends_at)]
    if len(changing_bonds(reaction)):
        own.append(Rung(_SETTLED.format(name), partial(settled, reaction, structure), ends_at))
        if is_strained(reaction, structure, surface):
            own.reverse()
    yield from own


def _halfway(reaction: Reaction, surface: Surface) -> np.ndarray:
    return lowest_halfway(reaction, surface)[0]


def _given(candidate: np.ndarray, _surface: Surface) -> np.ndarray:
    return candidate
