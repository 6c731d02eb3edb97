"""Starts of a saddle search that need no model."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import reaction_row, reaction_table

from tscreen.actors.between import halfway as between
from tscreen.actors.between.halfway import SAME, halfway, lowest_halfway
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy
from tscreen.actors.saddles.irc import JOINED, connects, follow
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.structures import StructureBuilder
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import changing_bonds
from tscreen.schemas.reaction import Reaction, reactions_of

SMILES = {
    "Diels-Alder": "[CH2:1]=[CH:2][CH:3]=[CH2:4].[CH2:5]=[CH2:6]"
    ">>[CH2:1]1[CH:2]=[CH:3][CH2:4][CH2:5][CH2:6]1",
    "cyclobutene": "[CH2:1]1[CH:2]=[CH:3][CH2:4]1>>[CH2:1]=[CH:2][CH:3]=[CH2:4]",
    "hexatriene": r"[CH2:1]=[CH:2]/[CH:3]=[CH:4]\\[CH:5]=[CH2:6]"
    ">>[CH2:1]1[CH:2]=[CH:3][CH:4]=[CH:5][CH2:6]1",
}


@pytest.fixture(scope="module", params=SMILES)
def reaction(request) -> Reaction:
    columns = {c.REACTION_ID: [request.param], c.SMILES: [SMILES[request.param]]}
    [one] = reactions_of(StructureBuilder(seed=0)(pa.table(columns)))
    return one


def test_a_search_from_halfway_finds_a_saddle_point_that_joins_both_sides(reaction):
    start, height = lowest_halfway(reaction, DEFAULT_SURFACE)
    assert height == pytest.approx(energy(reaction.atomic_numbers, start), abs=1e-6)
    saddle = locate(reaction, start, DEFAULT_SURFACE)
    assert connects(reaction, follow(reaction, saddle, DEFAULT_SURFACE)) == JOINED


def test_structures_between_are_the_same_each_time_and_unlike_each_other(reaction):
    found, again = halfway(reaction), halfway(reaction)
    np.testing.assert_array_equal(found, again)
    for number, one in enumerate(found):
        assert all(deviation(one, other) > SAME for other in found[:number])


def test_bonds_that_form_or_break_are_stretched(reaction):
    first, second = changing_bonds(reaction).T
    for x in halfway(reaction):
        lengths = np.linalg.norm(x[first] - x[second], axis=1)
        assert (lengths > 2.0).all()
        assert (lengths < 2.5).all()


def test_a_shift_of_hydrogen_has_it_off_the_line():
    [shift] = reactions_of(reaction_table(reaction_row("r")))
    x, _ = lowest_halfway(shift, DEFAULT_SURFACE)
    to_carbon, to_nitrogen = np.linalg.norm(x[1:] - x[0], axis=1)
    assert 1.0 < to_carbon < 1.8
    assert 1.0 < to_nitrogen < 1.8


def test_without_time_it_says_so(reaction):
    with pytest.raises(CalculationError) as told:
        lowest_halfway(reaction, Surface(deadline=0.0))
    assert told.value.timed_out


def test_what_does_not_settle_is_left_out(reaction, monkeypatch):
    def second_alone(_reaction, start, _surface):
        tried.append(start)
        if len(tried) != 2:
            raise CalculationError("saddle_not_found", "the structure does not settle")
        return reaction.reactant_positions

    tried: list = []
    monkeypatch.setattr(between, "settled", second_alone)
    monkeypatch.setattr(between, "halfway", lambda _: [reaction.product_positions] * 4)
    x, _ = lowest_halfway(reaction, DEFAULT_SURFACE)
    assert x is reaction.reactant_positions
    assert len(tried) == between.SETTLED
    with pytest.raises(CalculationError, match="does not settle"):
        lowest_halfway(reaction, DEFAULT_SURFACE, count=1)
