"""Substitutions at a tetrahedral centre: by back-side attack, and with the hand that is given."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactions import mirrored, permuted, scattered

from tscreen.actors.defaults import Effort
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.saddles.irc import JOINED, STEREOISOMER, Ends, connects
from tscreen.actors.saddles.ladder import BACK_SIDE, IN_LINE, climb, rungs
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.saddles.substitution import (
    STRETCH,
    TRANSFERRED,
    Exchange,
    exchange_of,
    in_line,
    turns_over,
)
from tscreen.actors.structures import StructureBuilder
from tscreen.actors.verified import Order, search
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.tables import TYPES
from tscreen.schemas.units import ROOM_TEMPERATURE

BROMIDE = "[Cl-:1].[CH3:2][Br:3]>>[Cl:1][CH3:2].[Br-:3]"
MENSHUTKIN = "[NH3:1].[CH3:2][Cl:3]>>[NH3+:1][CH3:2].[Cl-:3]"
FRONT_SIDE = np.array(
    [
        [1.1, -1.6, 0.9],
        [-0.45, 0.12, 0.1],
        [1.8, 1.25, -0.65],
        [-0.55, -0.35, -0.85],
        [-0.65, 1.2, 0.1],
        [-0.9, -0.35, 0.95],
    ]
)
"""Near the saddle point with chlorine, bromine and carbon at the corners of a triangle, Å."""
CLOSING = "[Cl:4][CH2:1][CH2:2][O-:3]>>[CH2:1]1[CH2:2][O:3]1.[Cl-:4]"
OPENING = ">>".join(reversed(CLOSING.split(">>")))
ABSTRACTION = "[CH3:1].[H:2][CH2:3][CH3:4]>>[CH3:1][H:2].[CH2:3][CH3:4]"
EXCHANGE = "[H:1].[H:2][F:3]>>[H:1][F:3].[H:2]"
SHIFT = "[H:1][CH:2]([CH3:4])[O:3]>>[CH:2]([CH3:4])[O:3][H:1]"
TIED = "[CH3:1][O:2][N:3]=[O:4]>>[CH3:1][O:4][N:3]=[O:2]"
ADDITION = "[CH2:1]=[O:2].[C-:3]#[N:4]>>[O-:2][CH2:1][C:3]#[N:4]"
CHIRAL = "[F-:1].[C@H:2]([CH3:3])([Cl:4])[C:5]#[N:6]>>[C{}H:2]([CH3:3])([F:1])[C:5]#[N:6].[Cl-:4]"
INVERSION, RETENTION = CHIRAL.format("@@"), CHIRAL.format("@")


def reaction_of(smiles: str) -> Reaction:
    table = pa.table({c.REACTION_ID: ["r"], c.SMILES: [smiles]})
    for name in (*c.STRUCTURE, c.CHARGE, c.MULTIPLICITY, c.REJECT_CODE, c.REJECT_MESSAGE):
        table = table.append_column(name, pa.nulls(1, TYPES[name]))
    [reaction] = reactions_of(StructureBuilder(seed=0, max_atoms=30)(table))
    return reaction


@pytest.fixture(scope="module")
def bromide() -> Reaction:
    return reaction_of(BROMIDE)


def angle(positions: np.ndarray, exchange: Exchange) -> float:
    """Between the entering and the leaving atom, degrees."""
    ends = (exchange.entering, exchange.leaving)
    one, other = (positions[atom] - positions[exchange.centre] for atom in ends)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def lengths(positions: np.ndarray, exchange: Exchange) -> list[float]:
    """From the centre to the entering and to the leaving atom, Å."""
    ends = (exchange.entering, exchange.leaving)
    return [np.linalg.norm(positions[atom] - positions[exchange.centre]) for atom in ends]


@pytest.mark.parametrize(
    "smiles", [BROMIDE, MENSHUTKIN, CLOSING, OPENING, INVERSION, ABSTRACTION, EXCHANGE]
)
def test_both_atoms_lie_opposite_each_other_at_stretched_bonds(smiles):
    reaction = reaction_of(smiles)
    exchange, start = exchange_of(reaction), in_line(reaction)
    assert angle(start, exchange) == pytest.approx(180.0, abs=0.1)
    whole = [
        lengths(side, exchange)[which]
        for which, side in enumerate((reaction.product_positions, reaction.reactant_positions))
    ]
    stretched = np.divide(lengths(start, exchange), whole)
    # the bond on the ring keeps its length
    assert sorted(stretched)[-1] == pytest.approx(STRETCH[exchange.bonds], abs=1e-3)
    ring = smiles in (CLOSING, OPENING)
    expected = 1.0 if ring else STRETCH[exchange.bonds]
    assert sorted(stretched)[0] == pytest.approx(expected, abs=1e-3)
    transferred = exchange.bonds == TRANSFERRED
    assert turns_over(reaction) != transferred
    assert (IN_LINE if transferred else BACK_SIDE) in [rung.name for rung in rungs(reaction, [])]


@pytest.mark.parametrize("smiles", [TIED, ADDITION, SHIFT])
def test_what_is_no_substitution_or_cannot_come_from_behind_has_no_such_start(smiles):
    reaction = reaction_of(smiles)
    assert in_line(reaction) is None
    assert not {BACK_SIDE, IN_LINE} & {rung.name for rung in rungs(reaction, [])}


@given(seed=st.integers(0, 2**16))
def test_how_molecules_are_placed_numbered_and_mirrored_changes_nothing(bromide, seed):
    order = np.random.default_rng(seed).permutation(len(bromide.atomic_numbers))
    exchange = exchange_of(bromide)
    for other in (scattered(bromide, seed), mirrored(bromide), permuted(bromide, order)):
        moved = exchange_of(other)
        assert angle(in_line(other), moved) == pytest.approx(180.0, abs=0.1)
        assert lengths(in_line(other), moved) == pytest.approx(
            lengths(in_line(bromide), exchange), abs=1e-4
        )


def test_a_saddle_point_of_front_side_attack_gives_way_to_the_lower_one(bromide):
    exchange = exchange_of(bromide)
    first = climb(bromide, [FRONT_SIDE], DEFAULT_SURFACE, 60.0).found
    assert first.joined
    assert angle(first.saddle.positions, exchange) < 100
    order = Order(DEFAULT_SURFACE, 60.0, ROOM_TEMPERATURE)
    searched = search(bromide, [FRONT_SIDE], order)
    assert searched.chosen.by == BACK_SIDE
    assert searched.chosen.connects == JOINED
    assert angle(searched.chosen.saddle.positions, exchange) > 165
    assert searched.chosen.saddle.energy < first.saddle.energy - 1.0
    assert len(searched.saddles) == 2
    quick = search(bromide, [FRONT_SIDE], order._replace(effort=Effort.QUICK))
    assert angle(quick.chosen.saddle.positions, exchange) < 100


def test_without_candidates_the_menshutkin_reaction_goes_by_inversion():
    reaction = reaction_of(MENSHUTKIN)
    climbed = climb(reaction, [], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    assert climbed.route == (BACK_SIDE,)
    assert angle(climbed.found.saddle.positions, exchange_of(reaction)) > 165


def test_a_path_to_the_other_hand_of_the_product_does_not_join():
    inversion, retention = reaction_of(INVERSION), reaction_of(RETENTION)
    saddle = locate(inversion, in_line(inversion))
    sides = inversion.reactant_positions, inversion.product_positions
    assert connects(inversion, Ends(*sides)) == JOINED
    assert connects(retention, Ends(*sides)) == STEREOISOMER
    assert connects(retention, Ends(*reversed(sides))) == STEREOISOMER
    image = Ends(*(side * [1, 1, -1] for side in sides))
    assert connects(inversion, image) == JOINED
    climbed = climb(inversion, [saddle.positions], DEFAULT_SURFACE, 60.0)
    assert climbed.found.joined
    climbed = climb(retention, [saddle.positions], DEFAULT_SURFACE, 60.0, paths=False)
    assert climbed.found.connects == STEREOISOMER
