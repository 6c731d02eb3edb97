"""A saddle point is verified when both ways down lead to the sides of the reaction."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.actors.saddles.irc import JOINED, Ends, connects, follow, intermediate
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import fragments_of
from tscreen.schemas.reaction import positions_of, reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


@pytest.fixture
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def test_the_ways_down_from_the_saddle_lead_to_both_sides(shift):
    ends = follow(shift, locate(shift, NEAR_TS))
    assert connects(shift, ends) == JOINED


def test_either_direction_joins_and_anything_else_is_named(shift):
    apart = HCN - np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, 0]])
    for ends, name in (
        ((HCN, HNC), "reactant-product"),
        ((HNC, HCN), "reactant-product"),
        ((HCN, apart), "reactant-other"),
        ((apart, HNC), "other-product"),
        ((HCN, HCN), "reactant-other"),
        ((apart, apart), "other-other"),
    ):
        assert connects(shift, Ends(*ends)) == name


def test_an_end_that_is_no_side_is_an_intermediate_where_the_other_end_is_one(shift):
    apart = HCN - np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, 0]])
    for ends, side in (((HCN, apart), 1), ((apart, HCN), 1), ((HNC, apart), 0)):
        end, missing = intermediate(shift, Ends(*ends))
        assert end is apart
        assert missing == side
    for ends in ((HCN, HNC), (HCN, HCN), (apart, apart)):
        assert intermediate(shift, Ends(*ends)) is None


def test_atoms_of_one_element_may_change_places_unless_both_sides_are_alike():
    # a hydrogen atom in turn on either oxygen of O-O: both sides are the same molecule
    chain = np.array([[-1.0, 0, 0], [0, 0, 0], [1.4, 0, 0]])
    there = np.array([[2.4, 0, 0], [0, 0, 0], [1.4, 0, 0]])
    row = reaction_row("r", atomic_numbers=[1, 8, 8], multiplicity=2)
    row |= {"reactant_positions": chain.tolist(), "product_positions": there.tolist()}
    [exchange] = reactions_of(reaction_table(row))
    assert connects(exchange, Ends(chain, there)) == JOINED
    assert connects(exchange, Ends(chain, chain)) == "reactant-other"
    broken = np.array([[9.0, 0, 0], [0, 0, 0], [1.4, 0, 0]])
    leaving = replace(exchange, product_positions=broken.astype(np.float32))
    assert connects(leaving, Ends(there, broken)) == JOINED


BH3 = np.array([[0, 0, 0], [1.19, 0, 0], [-0.6, 1.03, 0], [-0.6, -1.03, 0]])
WATER = np.array([[0, 0, 0], [0.6, 0, 0.75], [-0.6, 0, 0.75]])
FAR, TOUCHING = np.array([0, 0, 4.0]), np.array([0, 0, 1.7])


def of_borane(reactant, product):
    row = reaction_row("r", atomic_numbers=[5, 1, 1, 1, 8, 1, 1])
    sides = {"reactant_positions": reactant.tolist(), "product_positions": product.tolist()}
    [reaction] = reactions_of(reaction_table(row | sides))
    return replace(
        reaction,
        reactant_fragments=np.array([0, 0, 0, 0, 1, 1, 1], np.uint8),
        product_fragments=fragments_of(reaction.atomic_numbers, product),
    )


def test_a_complex_held_by_a_lone_pair_on_boron_is_the_side_of_its_molecules():
    reactant, held = np.vstack([BH3, WATER + FAR]), np.vstack([BH3, WATER + TOUCHING])
    product = held.copy()  # a hydrogen of either goes as H2
    product[[3, 6]] = [[0, -6, 0], [0, -6, 0.74]]
    loss = of_borane(reactant, product)
    assert connects(loss, Ends(held, product)) == JOINED
    assert intermediate(loss, Ends(held, product)) is None
    astray = held.copy()
    astray[3] = [0, -6, 0]
    assert connects(loss, Ends(astray, product)) == "other-product"


def test_where_the_complex_is_the_product_it_is_not_the_reactant():
    reactant, held = np.vstack([BH3, WATER + FAR]), np.vstack([BH3, WATER + TOUCHING])
    binding = of_borane(reactant, held)
    assert connects(binding, Ends(reactant, held)) == JOINED
    assert connects(binding, Ends(held, held)) == "other-product"


def test_real_reactions_are_joined_by_the_saddle_near_their_reference(gdb7):
    small = pc.less_equal(pc.list_value_length(gdb7[c.ATOMIC_NUMBERS]), 10)
    rows = gdb7.filter(pc.and_(small, pc.equal(gdb7[c.SPLIT], "train"))).slice(10, 4)
    joined = 0
    for reaction, ts in zip(reactions_of(rows), positions_of(rows[c.TS_POSITIONS]), strict=True):
        with suppress(
            CalculationError
        ):  # not every one of these has its saddle point at this level
            joined += connects(reaction, follow(reaction, locate(reaction, ts))) == JOINED
    assert joined >= 2
