"""Molecules that are pulled together, over a saddle point that lies far out."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import HCN, reaction_row, reaction_table

from tscreen.actors.between import approach as module
from tscreen.actors.between.approach import approach, meeting
from tscreen.actors.between.pulling import Place
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.irc import JOINED, connects, follow
from tscreen.actors.saddles.ladder import rungs
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.structures import StructureBuilder
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of

HYDROGEN_AND_ETHYNE = "[H:1].[C:2]([H:4])#[C:3][H:5]>>[H:1]/[C:2]([H:4])=[C:3]/[H:5]"


@pytest.fixture(scope="module")
def addition() -> Reaction:
    columns = {c.REACTION_ID: ["addition"], c.SMILES: [HYDROGEN_AND_ETHYNE]}
    [one] = reactions_of(StructureBuilder(seed=0)(pa.table(columns)))
    return one


def test_an_early_saddle_point_is_found_where_the_surface_has_it(addition):
    surface = surface_of(addition, Surface(CORRECTED_LEVEL))
    start = approach(addition, addition.product_positions, 0, surface)
    saddle = locate(addition, start, surface)
    assert connects(addition, follow(addition, saddle, surface)) == JOINED
    assert np.linalg.norm(saddle.positions[0] - saddle.positions[1]) > 1.8


def test_where_the_energy_falls_all_the_way_there_is_no_barrier(addition):
    with pytest.raises(CalculationError) as told:
        approach(addition, addition.product_positions, 0, DEFAULT_SURFACE)
    assert told.value.code == "no_barrier"


def test_a_way_that_rises_to_its_end_has_no_peak(addition, monkeypatch):
    places = iter([[Place(0.0, addition.product_positions)], [Place(1.0, np.eye(5, 3))]])
    monkeypatch.setattr(module, "pulled", lambda *_: next(places))
    with pytest.raises(CalculationError, match="no peak") as told:
        approach(addition, addition.product_positions, 0, DEFAULT_SURFACE)
    assert told.value.code == "saddle_not_found"


def test_only_bonds_between_molecules_pull_them_together(addition):
    assert meeting(addition, 0).tolist() == [[0, 1]]
    assert meeting(addition, 1).tolist() == []
    names = [rung.name for rung in rungs(addition, [addition.product_positions])]
    assert [name for name in names if name.startswith("approach")] == ["approach-reactant"]
    [shift] = reactions_of(reaction_table(reaction_row("r")))
    assert not any(rung.name.startswith("approach") for rung in rungs(shift, [HCN]))
