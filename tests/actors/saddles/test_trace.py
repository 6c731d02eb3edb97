"""The path through a saddle point leads from the reactant to the product, whichever is which."""

import numpy as np
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.quantum.xtb import energy
from tscreen.actors.saddles.irc import Ends, follow
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


@pytest.fixture(scope="module")
def ends(shift, saddle):
    return follow(shift, saddle)


def test_it_has_every_step_of_both_ways_down(shift, saddle, ends):
    path = trace(shift, saddle, ends)
    top = path.top
    assert path.energies[top] == 0 == path.energies.max()
    np.testing.assert_array_equal(path.positions[top], saddle.positions)
    assert len(path.energies) == len(path.positions) == len(np.unique(path.positions, axis=0))
    assert min(top, len(path.energies) - 1 - top) > 4
    for start, later in ((path.energies[top::-1], 0), (path.energies[top:], -1)):
        assert (np.diff(start) < 0.01).all()
        assert min(np.abs(end - path.positions[later]).max() for end in ends) == 0


def test_each_energy_is_that_of_its_frame(shift, saddle, ends):
    path = trace(shift, saddle, ends)
    for number in (0, path.top // 2, -1):
        here = energy(shift.atomic_numbers, path.positions[number])
        assert path.energies[number] == pytest.approx(here - saddle.energy, abs=1e-5)


@pytest.mark.parametrize(("reactant", "product"), [(HCN, HNC), (HNC, HCN)])
def test_it_begins_at_the_reactant(saddle, ends, reactant, product):
    row = reaction_row("r", reactant_positions=reactant, product_positions=product)
    [reaction] = reactions_of(reaction_table(row))
    path = trace(reaction, saddle, ends)
    for found, side in ((path.positions[0], reactant), (path.positions[-1], product)):
        lengths = [np.linalg.norm(x[0] - x[1]) for x in (found, side)]
        assert lengths[0] == pytest.approx(lengths[1], abs=0.1)


def test_ways_that_were_not_kept_give_no_path(shift, saddle):
    assert trace(shift, saddle, Ends(HCN, HNC)) is None
