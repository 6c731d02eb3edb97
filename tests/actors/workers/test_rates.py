"""Rate constants by Eyring's equation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tscreen.actors.workers.rates import log10_rate_constant, predicted_cells
from tscreen.model.inference.assessment import Barrier
from tscreen.schemas import columns as c


def test_the_rate_constant_of_a_textbook_barrier():
    # 20 kcal/mol at 298.15 K: kT/h = 6.2124e12 1/s, times exp(-33.757)
    assert 10 ** log10_rate_constant(20.0, 298.15) == pytest.approx(1.35e-2, rel=0.01)


@given(st.floats(-50, 400), st.floats(0.1, 50), st.floats(50, 3000))
def test_higher_barriers_are_slower_and_the_interval_is_turned_round(value, margin, temperature):
    cells = predicted_cells(Barrier(value, value - margin, value + margin, "level"), temperature)
    assert cells[c.LOG10_RATE_LOW] < log10_rate_constant(value, temperature)
    assert log10_rate_constant(value, temperature) < cells[c.LOG10_RATE_HIGH]
    assert cells[c.RATE_CONSTANT] >= 0.0
    assert set(cells) == set(c.PREDICTED)


def test_without_a_barrier_every_cell_is_null():
    assert set(predicted_cells(None, 300.0).values()) == {None}
