"""The path through a saddle point leads from the reactant to the product, whichever is which."""

import numpy as np
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.saddles.irc import follow
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.saddles.trace import trace
from tscreen.schemas.reaction import reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


@pytest.fixture(scope="module")
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


@pytest.fixture(scope="module")
def saddle(shift):
    return locate(shift, NEAR_TS)


def test_it_has_every_step_of_both_ways_down(shift, saddle):
    path = trace(shift, saddle.positions)
    top = int(np.argmax(path.energies))
    assert path.energies[top] == 0
    np.testing.assert_array_equal(path.positions[top], saddle.positions)
    assert len(path.energies) == len(path.positions) == len(np.unique(path.positions, axis=0))
    assert min(top, len(path.energies) - 1 - top) > 4
    for start, later in ((path.energies[top::-1], 0), (path.energies[top:], -1)):
        assert (np.diff(start) < 0.01).all()
        ends = follow(shift, saddle)
        assert min(np.abs(end - path.positions[later]).max() for end in ends) < 0.01
    np.testing.assert_allclose(path.frequencies_cm1, saddle.frequencies_cm1, atol=1.0)


@pytest.mark.parametrize(("reactant", "product"), [(HCN, HNC), (HNC, HCN)])
def test_it_begins_at_the_reactant(saddle, reactant, product):
    row = reaction_row("r", reactant_positions=reactant, product_positions=product)
    [reaction] = reactions_of(reaction_table(row))
    path = trace(reaction, saddle.positions)
    for found, side in ((path.positions[0], reactant), (path.positions[-1], product)):
        lengths = [np.linalg.norm(x[0] - x[1]) for x in (found, side)]
        assert lengths[0] == pytest.approx(lengths[1], abs=0.1)
