"""From an intermediate on to a side, below a saddle point or not."""

import numpy as np
import pytest
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, relax
from tscreen.actors.saddles import onward
from tscreen.actors.saddles.onward import leads_on
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of

NUMBERS = np.array([1, 6, 7])
NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
BENT_HCN = np.array([[0.5, 0.0, -0.95], [0.0, 0.0, 0.0], [0.0, 0.0, 1.15]])


@pytest.fixture(scope="module")
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_a_way_leads_on_when_it_stays_below_the_saddle_point(shift):
    over = locate(shift, NEAR_TS).energy
    end = leads_on(shift, BENT_HCN, 1, over + 0.5)
    assert np.array_equal(bond_graph(NUMBERS, end), bond_graph(NUMBERS, HNC))
    assert leads_on(shift, BENT_HCN, 1, over - 0.5) is None


@pytest.mark.parametrize("blind", ["locate", "driven"])
def test_where_the_path_stays_above_a_lower_saddle_point_leads_on(shift, monkeypatch, blind):
    def from_nowhere(*_, **__):
        raise CalculationError("saddle_not_found", "nothing from here")

    over = locate(shift, NEAR_TS).energy
    monkeypatch.setattr(onward, "BAND_STEPS", 0)
    if blind == "driven":
        monkeypatch.setattr(onward, "driven", from_nowhere)
    else:
        searches = iter([from_nowhere, locate])
        monkeypatch.setattr(onward, "locate", lambda *a, **k: next(searches)(*a, **k))
        monkeypatch.setattr(onward, "path_end", lambda *_: _bent(shift))
    end = leads_on(shift, BENT_HCN, 1, over + 0.01)
    assert np.array_equal(bond_graph(NUMBERS, end), bond_graph(NUMBERS, HNC))
    monkeypatch.setattr(onward, "locate", locate)
    assert leads_on(shift, BENT_HCN, 1, over - 0.01) is None


def test_where_the_side_does_not_fold_like_the_intermediate_it_is_taken_as_given(
    shift, monkeypatch
):
    monkeypatch.setattr(onward, "relaxed_end", lambda *_: _bent(shift))
    over = locate(shift, NEAR_TS).energy
    end = leads_on(shift, BENT_HCN, 1, over + 0.5)
    assert np.array_equal(bond_graph(NUMBERS, end), bond_graph(NUMBERS, HNC))


def _bent(shift) -> Atoms:
    """Hydrogen cyanide with a calculator."""
    return DEFAULT_SURFACE.atoms(NUMBERS, BENT_HCN, shift.charge, shift.multiplicity)


def test_nothing_leads_on_to_a_side_above_the_saddle_point(shift):
    start, _ = relax(NUMBERS, HCN)
    _, product = relax(NUMBERS, HNC)
    assert leads_on(shift, start, 1, product - 0.01) is None
