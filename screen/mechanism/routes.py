"""Routes through a network: which steps lead from the start to a molecule, the best ones first.

A route follows one molecule: each of its steps uses up the molecule that the step before has made.
A step needs all of its reactants. The others must be there already: a molecule of the start, or one
that an earlier step of the route has made. Steps are walked in both directions, no route comes to a
molecule twice or goes on from one that is there anyway, and every co-reactant is at 1 mol/L.
"""

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tscreen.screen.mechanism.best import Best
from tscreen.screen.mechanism.energies import ElementaryStep, Mechanism


@dataclass(frozen=True)
class Turn:
    """A step in the direction in which a route takes it.

    Attributes:
        step: the step.
        forward: from its reactants to its products.
        others: the molecules that it needs beside the one that the route comes with.
        into: the molecule that the route goes on with.
    """

    step: ElementaryStep
    forward: bool
    others: frozenset[str]
    into: str

    @property
    def used(self) -> tuple[str, ...]:
        """The molecules that react."""
        return self.step.reactants if self.forward else self.step.products

    @property
    def made(self) -> tuple[str, ...]:
        """What they become."""
        return self.step.products if self.forward else self.step.reactants

    @property
    def barrier(self) -> float:
        """Of this direction, kcal/mol."""
        return self.step.barrier if self.forward else self.step.reverse_barrier

    @property
    def energy(self) -> float:
        """Of the reaction in this direction, kcal/mol."""
        return self.step.energy if self.forward else -self.step.energy


@dataclass(frozen=True)
class Route:
    """A way from one molecule to another; energies in kcal/mol over where it begins.

    Attributes:
        begin: the molecule that it begins with.
        turns: its steps, in order.
        levels: Gibbs energy after each step.
        summits: Gibbs energy of each TS.
        log_time: natural logarithm of the mean first passage time in s.
        log_waiting: the same of the time that was spent at all places so far, over that at its end;
            a further step adds this, over its rate constant, to the time.
    """

    begin: str
    turns: tuple[Turn, ...] = ()
    levels: tuple[float, ...] = ()
    summits: tuple[float, ...] = ()
    log_time: float = -np.inf
    log_waiting: float = 0.0

    @property
    def end(self) -> str:
        """The molecule that it leads to."""
        return self.turns[-1].into if self.turns else self.begin

    @property
    def level(self) -> float:
        """Gibbs energy at its end."""
        return self.levels[-1] if self.turns else 0.0

    @property
    def summit(self) -> float:
        """Gibbs energy of the highest TS."""
        return max(self.summits, default=0.0)

    @property
    def steps(self) -> tuple[tuple[str, bool, str], ...]:
        """Which steps it takes, and where to."""
        return tuple((turn.step.name, turn.forward, turn.into) for turn in self.turns)

    @property
    def passed(self) -> set[str]:
        """The molecules that it comes to."""
        return {self.begin, *(turn.into for turn in self.turns)}

    @property
    def made(self) -> set[str]:
        """All that its steps make."""
        return {name for turn in self.turns for name in turn.made}

    def extended(self, turn: Turn, mechanism: Mechanism) -> "Route":
        """The route with one more step.

        The mean first passage time of steps in a row is exact: over every TS i and every place j
        before it, the sum of h/(kT) exp((G_i - G_j)/RT), with which the energetic span model
        begins, too (Kozuch and Shaik, Acc. Chem. Res. 2011, 44, 101).
        """
        waiting = np.logaddexp(0.0, self.log_waiting + turn.energy / mechanism.thermal_energy)
        spent = self.log_waiting - mechanism.log_rate(turn.barrier)
        return Route(
            self.begin,
            (*self.turns, turn),
            (*self.levels, self.level + turn.energy),
            (*self.summits, self.level + turn.barrier),
            float(np.logaddexp(self.log_time, spent)),
            float(waiting),
        )


FOLLOWED = 10
"""Ways to a molecule, for each one that is asked for.

In a network of hundreds of steps there is no end of ways that differ in what they make besides,
which a later step might need.
"""


class RouteSearch:
    """The best routes from some molecules to all others."""

    def __init__(self, mechanism: Mechanism, begin: Iterable[str], best: Best, n: int) -> None:
        """Prepare to find the ``n`` best routes to each molecule."""
        self.mechanism, self.best, self.n = mechanism, best, n
        self.begin = tuple(begin)
        self.stock = {*self.begin, *mechanism.start}
        self.turns = turns_of(mechanism)
        self.partners = {name for turns in self.turns.values() for t in turns for name in t.others}

    def to(self, end: str) -> list[Route]:
        """The best routes to a molecule, the best one first; fewer where there are no more."""
        found = (route for route in self.all() if route.end == end)
        return list(itertools.islice(found, self.n))

    def all(self) -> Iterator[Route]:
        """The best routes to every molecule, all in one order: the best ones first.

        A route is gone on with unless ``n`` others have come to its end that are no worse at any
        step that may follow, or `FOLLOWED` times as many that are better so far.
        """
        ticket = itertools.count()
        waiting = [(*self._worth(Route(name)), next(ticket), Route(name)) for name in self.begin]
        heapq.heapify(waiting)
        known: dict[str, list[Route]] = defaultdict(list)
        told = set()  # steps that use up two molecules of the start begin with either
        while waiting:
            *_, route = heapq.heappop(waiting)
            others = known[route.end]
            if len(others) >= FOLLOWED * self.n:
                continue
            if sum(self._no_worse(one, route) for one in others) >= self.n:
                continue
            known[route.end].append(route)
            if route.turns:
                if route.steps not in told:
                    yield route
                told.add(route.steps)
                if route.end in self.stock:
                    continue
            for turn in self.turns[route.end]:
                if turn.into not in route.passed and turn.others <= self.stock | route.made:
                    longer = route.extended(turn, self.mechanism)
                    heapq.heappush(waiting, (*self._worth(longer), next(ticket), longer))

    def _worth(self, route: Route) -> tuple[float, int]:
        cost = route.summit if self.best is Best.BARRIER else route.log_time
        return cost, len(route.turns)

    def _no_worse(self, one: Route, other: Route) -> bool:
        """Whether a route that was found before another stays as good, however both go on."""
        if self.best is Best.BARRIER:
            as_good = one.level <= other.level
        else:
            as_good = one.log_waiting <= other.log_waiting
        return as_good and other.made & self.partners <= one.made | self.stock


def turns_of(mechanism: Mechanism) -> dict[str, list[Turn]]:
    """Where each molecule can go."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    for step, forward in itertools.product(mechanism.steps, (True, False)):
        used, made = step.reactants, step.products
        if not forward:
            used, made = made, used
        for name in dict.fromkeys(used):
            others = frozenset((Counter(used) - Counter([name])).keys())
            turns[name] += [Turn(step, forward, others, into) for into in dict.fromkeys(made)]
    return turns
