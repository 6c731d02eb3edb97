"""Concentrations over time: known courses, equilibria, and nothing is lost."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mechanisms import mechanism, molecule, step

from tscreen.schemas.units import ROOM_TEMPERATURE
from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.kinetics import MassAction, course

ABC = [molecule(name) for name in "ABC"]
# A and B are isomers, C is a dimer: both sides of a step weigh the same.
SIDES = {1: ["A", "B"], 2: ["C", "A + A", "A + B", "B + B"], 3: ["A + C", "B + C"]}
PAIRS = [pair for sides in SIDES.values() for pair in itertools.permutations(sides, 2)]


def test_a_first_order_reaction_falls_by_its_rate_constant():
    found = mechanism(ABC, [step("s", "A", "B", 20, -30)])
    rate = math.exp(found.log_rate(20))
    assert rate == pytest.approx(0.0135, rel=0.03)  # 20 kcal/mol at room temperature
    followed = course(found, {"A": 0.5}, 2 / rate)
    assert followed.concentrations[:, 0] == pytest.approx(
        0.5 * np.exp(-rate * followed.times), rel=1e-4
    )
    assert list(followed.final) == ["B", "A", "C"]


def test_a_second_order_reaction_has_its_known_course():
    found = mechanism(ABC, [step("s", "A + A", "B", 20, -40)])
    rate = math.exp(found.log_rate(found.steps[0].barrier))
    followed = course(found, {"A": 0.5}, 10 / rate)
    # Two are used up by each event: 1/[A] grows by 2 k t.
    assert followed.concentrations[:, 0] == pytest.approx(
        1 / (2 + 2 * rate * followed.times), rel=1e-4
    )


steps = st.lists(
    st.tuples(st.sampled_from(PAIRS), st.floats(10, 18), st.floats(-6, 6)),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=4)
@given(steps, st.floats(0.1, 2), st.floats(0.1, 2), st.floats(400, 600))
def test_what_stands_still_is_in_the_equilibrium_of_every_step(rows, a, b, temperature):
    rows = [step(str(k), *row[0], *row[1:]) for k, row in enumerate(rows)]
    found = mechanism(ABC, rows, temperature)
    followed = course(found, {"A": a, "B": b}, 1e6)
    last = dict(zip(followed.molecules, followed.concentrations[-1], strict=True))
    for one in found.steps:
        made = math.prod(last[name] for name in one.products)
        used = math.prod(last[name] for name in one.reactants)
        if used > 1e-9 or made > 1e-9:
            constant = math.exp(-one.energy / found.thermal_energy)
            assert made == pytest.approx(constant * used, rel=1e-4)


@settings(deadline=None, max_examples=4)
@given(steps, st.floats(1e-6, 1e6))
def test_what_no_step_changes_is_the_same_at_all_times(rows, time):
    found = mechanism(ABC, [step(str(k), *row[0], *row[1:]) for k, row in enumerate(rows)])
    followed = course(found, {"A": 1.0, "B": 0.5, "C": 0.25}, time)
    net = MassAction(found).net.toarray()
    left, values, _ = np.linalg.svd(net)
    conserved = left[:, (np.append(values, np.zeros(len(left)))[: len(left)] < 1e-9)]
    amounts = followed.concentrations @ conserved
    assert amounts == pytest.approx(np.broadcast_to(amounts[0], amounts.shape), abs=1e-8)
    assert followed.concentrations.min() > -1e-7


@settings(deadline=None, max_examples=20)
@given(steps, st.lists(st.floats(0, 3), min_size=3, max_size=3))
def test_the_jacobian_is_the_derivative(rows, concentrations):
    found = mechanism(
        ABC, [step(str(k), *row[0], *row[1:]) for k, row in enumerate(rows)], ROOM_TEMPERATURE
    )
    action, here = MassAction(found), np.array(concentrations)
    # Rates are quadratic at most, so a central difference is exact but for rounding.
    for k, moved in enumerate(0.5 * np.eye(3)):
        slope = action.change(0, here + moved) - action.change(0, here - moved)
        assert action.jacobian(0, here).toarray()[:, k] == pytest.approx(slope, rel=1e-9, abs=1)


def test_a_molecule_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="'X' is no molecule of the network"):
        course(mechanism(ABC, []), {"X": 1.0}, 1)


def test_without_steps_nothing_changes():
    followed = course(mechanism(ABC, []), {"A": 1.0}, 1)
    assert (followed.concentrations == [1.0, 0, 0]).all()
