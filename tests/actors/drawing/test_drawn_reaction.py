"""Reactions on paper."""

from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import HCN, HNC
from report_runs import result
from scipy.spatial.transform import Rotation

from tscreen.actors.drawing.reaction import BREAKS, CELLS, FORMS, HEIGHT, WIDTH, drawing
from tscreen.schemas import columns as c

DIELS_ALDER = (
    "[CH2:1]=[CH:2][CH:3]=[CH2:4].[CH2:5]=[CH2:6]>>[CH2:1]1[CH:2]=[CH:3][CH2:4][CH2:5][CH2:6]1"
)
WATER = np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
ROTATION = Rotation.from_euler("xyz", [0.3, 1.0, -2.0])


def drawn(**cells) -> str | None:
    return drawing(dict.fromkeys(CELLS) | result("a") | cells)


def code(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{int(255 * part):02X}" for part in colour)


def highlights(picture: str, colour: tuple[float, float, float]) -> int:
    """How many bonds have this colour."""
    found = {
        element.get("class")
        for element in ElementTree.fromstring(picture).iter()
        if code(colour) in (element.get("style") or "")
    }
    return len(found)


def test_bonds_that_break_and_form_stand_out():
    picture = drawn(**{c.SMILES: DIELS_ALDER})
    assert (highlights(picture, BREAKS), highlights(picture, FORMS)) == (0, 2)
    forth, back = DIELS_ALDER.split(">>")
    picture = drawn(**{c.SMILES: f"{back}>>{forth}"})
    assert (highlights(picture, BREAKS), highlights(picture, FORMS)) == (2, 0)


def test_without_a_smiles_the_structures_are_drawn():
    picture = drawn(**{c.SMILES: None})
    assert (highlights(picture, BREAKS), highlights(picture, FORMS)) == (1, 1)
    size = ElementTree.fromstring(picture)
    assert (size.get("width"), size.get("height")) == (f"{2 * WIDTH}px", f"{HEIGHT}px")


def test_turning_the_structures_draws_the_same_reaction():
    turned = {
        c.REACTANT_POSITIONS: ROTATION.apply(HCN).tolist(),
        c.PRODUCT_POSITIONS: (ROTATION.inv().apply(HNC) + 5.0).tolist(),
    }
    assert drawn(**turned) == drawn()


def test_molecules_that_lie_within_each_other_are_not_bonded():
    together = np.concatenate([WATER, WATER + 0.2]).tolist()
    apart = np.concatenate([WATER, WATER + 40.0]).tolist()
    fragments = [0, 0, 0, 1, 1, 1]
    pictures = [
        drawn(
            **{
                c.ATOMIC_NUMBERS: [8, 1, 1, 8, 1, 1],
                c.REACTANT_POSITIONS: positions,
                c.PRODUCT_POSITIONS: apart,
                c.REACTANT_FRAGMENTS: fragments,
                c.PRODUCT_FRAGMENTS: fragments,
            }
        )
        for positions in (together, apart)
    ]
    assert pictures[0] == pictures[1]
    assert highlights(pictures[0], BREAKS) == 0


@pytest.mark.parametrize(
    "cells",
    [
        {c.SMILES: "this is no reaction"},
        {c.SMILES: "[CH4:1]>>[CH4:2]"},
        {c.REACTANT_POSITIONS: None},
        {c.ATOMIC_NUMBERS: None},
    ],
)
def test_what_cannot_be_drawn_is_not(cells):
    assert drawn(**cells) is None
