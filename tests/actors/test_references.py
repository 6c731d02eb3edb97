"""Saddle points that were found, beside those that the references lead to."""

import numpy as np
import pytest
from conftest import reaction_row, reaction_table

from tscreen.actors.quantum.levels import LEVELS, label, labelled
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.references import Compared, above_reference, all_above_reference
from tscreen.actors.saddles.saddle import locate
from tscreen.schemas.reaction import Reaction, reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
MINIMUM = np.array([[0.0, 0.0, -1.064], [0.0, 0.0, 0.0], [0.0, 0.0, 1.156]])


@pytest.fixture(scope="module")
def shift() -> Reaction:
    return reactions_of(reaction_table(reaction_row("hcn")))[0]


def test_a_mirror_image_is_as_high_as_the_reference_and_a_minimum_lower(shift):
    saddle = locate(shift, NEAR_TS).positions
    mirrored = saddle * [-1, 1, 1]
    pairs = [(NEAR_TS, mirrored), (NEAR_TS, MINIMUM), (MINIMUM, saddle)]
    compared = [Compared(shift, *pair, DEFAULT_SURFACE) for pair in pairs]
    same, lower, lost = all_above_reference(compared, workers=2)
    assert same == pytest.approx(0.0, abs=0.05)
    assert -80 < lower < -30  # the barrier of this reaction
    assert np.isnan(lost)  # a minimum leads to no saddle point
    assert above_reference(compared[0]) == pytest.approx(same, abs=1e-6)


def test_a_level_is_known_by_its_label():
    for solvent in (None, "water"):
        known = [labelled(label(level, solvent)) for level in LEVELS]
        assert known == [(level, solvent) for level in LEVELS]
    assert labelled("ase:package.module:Factory") == ("ase:package.module:Factory", None)
