"""One consistent Gibbs energy for each molecule and TS of a network."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mechanisms import electronic, mechanism, molecule, step

from tscreen.schemas import columns as c
from tscreen.schemas.units import BOLTZMANN, ROOM_TEMPERATURE

CYCLE = [step("ab", "A", "B", 20, -3), step("bc", "B", "C", 15, -4), step("ac", "A", "C", 30, -9)]


def test_a_cycle_adds_up_to_zero_and_the_misfit_says_how_far_its_rows_were_from_it():
    found = mechanism([molecule(name) for name in "ABC"], CYCLE)
    ab, bc, ac = (one.energy for one in found.steps)
    assert ab + bc == pytest.approx(ac, abs=1e-9)
    assert (ab, bc, ac) == pytest.approx((-3 - 2 / 3, -4 - 2 / 3, -9 + 2 / 3))
    assert found.misfit == pytest.approx(2 / 3)
    # The TS stays in the middle of where either side puts it.
    assert found.steps[0].barrier == pytest.approx(20 - 1 / 3)
    assert found.steps[0].reverse_barrier == pytest.approx(23 + 1 / 3)


def test_rows_that_agree_stay_as_they_are():
    found = mechanism([molecule(name) for name in "ABC"], CYCLE[:2])
    assert [one.barrier for one in found.steps] == pytest.approx([20, 15])
    assert [one.energy for one in found.steps] == pytest.approx([-3, -4])
    assert found.misfit == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(st.floats(250, 1500))
def test_enthalpy_and_entropy_of_a_step_are_constant(temperature):
    row = step("s", "A", "B", 20, -3, **{c.GIBBS_BARRIER: 26.0, c.GIBBS_REACTION_ENERGY: 0.0})
    [found] = mechanism([molecule("A"), molecule("B")], [row], temperature).steps
    share = temperature / ROOM_TEMPERATURE
    assert found.barrier == pytest.approx(20 + 6 * share)
    assert found.energy == pytest.approx(-3 + 3 * share)


def test_gibbs_energies_are_of_one_mole_in_a_litre_and_electronic_ones_stay_as_they_are():
    rows = [molecule(name) for name in "ABC"]
    [thermal] = mechanism(rows, [step("s", "A + B", "C", 20, -10)]).steps
    shift = BOLTZMANN * 298.15 * math.log(24.465)
    assert thermal.barrier == pytest.approx(20 - shift, abs=1e-4)
    assert thermal.energy == pytest.approx(-10 - shift, abs=1e-4)
    assert thermal.thermal
    [plain] = mechanism(rows, [electronic("s", "A + B", "C", 20, -10)]).steps
    assert (plain.barrier, plain.energy) == pytest.approx((20, -10))
    assert not plain.thermal


def test_a_barrier_below_a_side_counts_as_none():
    rows = [molecule("A"), molecule("B")]
    [down] = mechanism(rows, [step("s", "A", "B", -2, -5)]).steps
    assert (down.barrier, down.reverse_barrier) == pytest.approx((0, 5))
    [up] = mechanism(rows, [step("s", "A", "B", 3, 5)]).steps
    assert (up.barrier, up.reverse_barrier) == pytest.approx((5, 0))


def test_rows_that_are_no_steps_are_counted_and_the_others_stay():
    rows = [
        step("good", "A", "B", 20, 1),
        step("other way", "A", "B", 20, 1, **{c.VERIFIED: False}),
        step("not tried", "A", "B", 20, 1, **{c.VERIFIED: None}),
        step("broken", "A", "B", float("nan"), 1),
        step("empty", "A", "B", 20, 1, **{c.REACTION_ENERGY: None}),
        step("same", "B + A", "A + B", 20, 0),
    ]
    found = mechanism([molecule("A"), molecule("B")], rows)
    assert [one.name for one in found.steps] == ["good"]
    assert found.left_out == {"not verified": 2, "no barrier or reaction energy": 2, "no change": 1}


def test_a_network_without_steps_has_its_molecules():
    found = mechanism([molecule("A"), molecule("B", 1)], [])
    assert list(found.gibbs) == ["A", "B"]
    assert found.start == ("A",)
    assert found.steps == ()
