"""From an intermediate on to a side, below a saddle point or not."""

import numpy as np
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.quantum.xtb import relax
from tscreen.actors.saddles.onward import leads_on
from tscreen.actors.saddles.saddle import locate
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of

NUMBERS = np.array([1, 6, 7])
NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


@pytest.fixture(scope="module")
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_a_way_leads_on_when_it_stays_below_the_saddle_point(shift):
    start = np.array([[0.5, 0.0, -0.95], [0.0, 0.0, 0.0], [0.0, 0.0, 1.15]])  # HCN, bent
    over = locate(shift, NEAR_TS).energy
    end = leads_on(shift, start, 1, over + 0.5)
    assert np.array_equal(bond_graph(NUMBERS, end), bond_graph(NUMBERS, HNC))
    assert leads_on(shift, start, 1, over - 0.5) is None


def test_nothing_leads_on_to_a_side_above_the_saddle_point(shift):
    start, _ = relax(NUMBERS, HCN)
    _, product = relax(NUMBERS, HNC)
    assert leads_on(shift, start, 1, product - 0.01) is None
