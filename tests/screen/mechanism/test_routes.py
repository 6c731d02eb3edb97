"""Routes: the best first, every step with all of its reactants, both measures exact."""

import itertools
import math
import random

import numpy as np
import pytest
from mechanisms import mechanism, molecule, step

from tscreen.screen.mechanism.best import Best
from tscreen.screen.mechanism.routes import RouteSearch, turns_of

LADDER = [
    step("ab", "A", "B", 20, -5),
    step("bc", "B", "C", 22, -5),
    step("ac", "A", "C", 18.5, -10),
    step("cd", "C", "D", 10, 2),
]


def names(route) -> list[str]:
    return [turn.step.name for turn in route.turns]


def search(rows, start="A", best=Best.BARRIER, n=5, molecules="ABCDEF", begin=None):
    known = [molecule(name, 0 if name in start else 1) for name in molecules]
    return RouteSearch(mechanism(known, rows), begin or start, best, n)


def test_the_lowest_highest_ts_comes_first():
    routes = search(LADDER).to("D")
    assert [names(one) for one in routes] == [["ac", "cd"], ["ab", "bc", "cd"]]
    assert routes[0].summits == pytest.approx((18.5, 0))
    assert routes[0].levels == pytest.approx((-10, -8))
    assert routes[1].summit == pytest.approx(20)
    assert len(search(LADDER, n=1).to("D")) == 1


def test_steps_are_walked_back_too():
    [route] = search(LADDER[:1], start="B").to("A")
    assert not route.turns[0].forward
    assert route.summit == pytest.approx(25)


def test_a_co_reactant_must_be_of_the_start_or_made_on_the_way():
    rows = [step("join", "B + X", "C", 10, 0), step("split", "A", "B + Y", 10, 0)]
    assert search(rows, start="A", molecules="ABCXY").to("C") == []
    assert search(rows, start="AX", molecules="ABCXY", begin="A").to("C")
    made = [step("join", "B + Y", "C", 10, 0), rows[1]]
    assert search(made, start="A", molecules="ABCXY").to("C")


def test_a_molecule_that_meets_itself_is_there():
    assert search([step("dimer", "A + A", "B", 10, 0)]).to("B")


def test_a_step_of_two_start_molecules_is_one_route():
    assert len(search([step("s", "A + B", "C", 10, 0)], start="AB").to("C")) == 1


def test_no_route_goes_on_from_a_molecule_that_is_there_anyway():
    rows = [step("split", "A", "B + W", 10, 0), step("wet", "W", "C", 10, 0)]
    found = search(rows, start="AW", molecules="ABCW", begin="A")
    assert found.to("C") == []


def test_the_time_of_a_route_is_the_mean_first_passage_time():
    found = search(LADDER, best=Best.RATE)
    route = next(one for one in found.to("D") if len(one.turns) == 3)
    rates = [
        [math.exp(found.mechanism.log_rate(b)) for b in (t.barrier, t.barrier - t.energy)]
        for t in route.turns
    ]
    # Solves K t = -1 for the chain A, B, C before D, the master equation's mean times.
    chain = np.zeros((3, 3))
    for k, (forth, back) in enumerate(rates):
        chain[k, k] -= forth
        if k < 2:
            chain[k, k + 1] += forth
            chain[k + 1, k] += back
            chain[k + 1, k + 1] -= back
    assert math.exp(route.log_time) == pytest.approx(-np.linalg.solve(chain, np.ones(3))[0])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("best", Best)
def test_the_first_route_is_the_best_of_all(seed, best):
    rng = random.Random(seed)
    pairs = rng.sample(list(itertools.combinations("ABCDEF", 2)), 9)
    energy = {name: rng.uniform(-10, 10) for name in "ABCDEF"}
    rows = [
        step(a + b, a, b, max(0, energy[b] - energy[a]) + rng.uniform(2, 30), energy[b] - energy[a])
        for a, b in pairs
    ]
    found = search(rows, best=best, n=3)
    turns = turns_of(found.mechanism)

    def every(route):
        if route.end == "F":
            yield route
            return
        for turn in turns[route.end]:
            if turn.into not in route.passed:
                yield from every(route.extended(turn, found.mechanism))

    def worth(route):
        return route.summit if best is Best.BARRIER else route.log_time

    from tscreen.screen.mechanism.routes import Route

    everything = sorted(worth(one) for one in every(Route("A")))
    routes = found.to("F")
    assert bool(routes) == bool(everything)
    assert [worth(one) for one in routes[:1]] == pytest.approx(everything[:1])
    assert [worth(one) for one in routes] == sorted(worth(one) for one in routes)


def test_ways_that_differ_in_what_they_make_besides_are_not_followed_without_end():
    ways = [(f"M{i}", f"M{j}", f"X{i}.{j}") for i in range(18) for j in range(i + 1, 18)]
    rows = [step(f"{a}-{b}", a, f"{b} + {made}", 10, 0) for a, b, made in ways]
    rows += [step(f"use {made}", f"Z + {made}", "W", 10, 0) for *_, made in ways]
    molecules = [f"M{i}" for i in range(18)] + ["Z", "W", "V"] + [made for *_, made in ways]
    found = search(rows, start=["M0"], n=2, molecules=molecules)
    assert found.to("V") == []
    assert len(found.to("M17")) == 2
