"""What a run says of a network, read from folders that were written without one."""

import numpy as np
import pyarrow as pa
import pytest
from conftest import HCN, HNC
from runs import finished_run, put, result, results_table

from tscreen.schemas import columns as c
from tscreen.schemas.tables import CANDIDATE_FIELDS, TYPES
from tscreen.screen.networks.found import as_input, ends_of_driven, found_in, lowest
from tscreen.screen.networks.queue import ENUMERATED
from tscreen.screen.storage.location import Location

NAMES = ("C#N",), ("[C-]#[NH+]",)
TS = np.add(HCN, HNC) / 2


@pytest.fixture
def found(tmp_path):
    """Reads a run of one reaction, HCN to HNC, with the saddle points that are given."""

    def read(*saddles, known=None):
        out = finished_run(tmp_path / "out", rows=1)
        verified = saddles[0][c.VERIFIED]
        put(results_table(result("r", verified=verified, status="refined")), out, "results", "0")
        rows = [saddle | {c.CANDIDATE_RANK: n} for n, saddle in enumerate(saddles, 1)]
        put(pa.Table.from_pylist(rows, schema=CANDIDATE_FIELDS), out, "candidates", "0")
        return found_in(Location.at(out), 2, {"r": ENUMERATED}, known or {"C#N": 0})

    return read


def saddle(connects, verified, ends=(HCN, HNC), energy=-1.0):
    return {
        c.REACTION_ID: "r",
        c.TS_POSITIONS: TS.tolist(),
        c.CONNECTS: connects,
        c.VERIFIED: verified,
        c.END_POSITIONS: np.array(ends[0]).tolist(),
        c.OTHER_END_POSITIONS: np.array(ends[1]).tolist(),
        c.CANDIDATE_ENERGY: energy,
        c.CANDIDATE_GIBBS: energy,
        c.ENERGY_LEVEL: "x//x",
    }


def test_a_saddle_point_that_joins_both_sides_is_a_step(found):
    (step,) = found(saddle("reactant-product", True)).steps
    assert (step[c.REACTANTS], step[c.PRODUCTS]) == NAMES
    assert step[c.GENERATION] == 2
    assert step[c.FOUND_BY] == ENUMERATED
    assert np.allclose(step[c.TS_POSITIONS], TS)


def test_one_that_leads_elsewhere_is_a_reaction_between_its_ends(found):
    told = found(saddle("other-other", False, ends=(HNC, HCN)))
    assert told.steps == []
    (end,) = told.ends
    assert (end[c.REACTANTS], end[c.PRODUCTS]) == NAMES  # from what is known
    table = as_input(told.ends, c.TS_GUESS)
    assert table.schema.types == [TYPES[name] for name in table.column_names]
    assert np.allclose(table[c.REACTANT_POSITIONS][0].as_py(), HCN)
    assert np.allclose(table[c.TS_GUESS][0].as_py(), TS)


def test_it_starts_at_the_molecules_that_are_known_first(found):
    (end,) = found(saddle("other-other", False), known={NAMES[1][0]: 1}).ends
    assert (end[c.REACTANTS], end[c.PRODUCTS]) == NAMES[::-1]


def test_a_step_over_an_intermediate_is_no_step_by_itself(found):
    broken = [*HCN[:2], [9.0, 0.0, 0.0]]
    told = found(saddle("reactant-intermediate-product", True, ends=(HCN, broken)))
    assert told.steps == []  # a hydrogen atom alone is no molecule of a network


def test_ends_that_are_the_same_molecules_are_nothing(found):
    told = found(saddle("other-other", False, ends=(HCN, HCN)))
    assert (told.steps, told.ends) == ([], [])


def test_of_several_saddle_points_between_the_same_ends_the_lowest_counts(found):
    low = saddle("other-other", False, energy=-5.0)
    (end,) = lowest(found(saddle("other-other", False, energy=-1.0), low).ends)
    assert end[c.REACTION_ID] == "r-end-2"


def test_a_reaction_that_no_saddle_point_joins_directly_is_left(found):
    (row,) = found(saddle("other-other", False, ends=(HCN, HCN))).left
    assert (row[c.REACTION_ID], row[c.REACTANTS], row[c.PRODUCTS]) == ("r", *NAMES)


def test_one_that_is_joined_directly_is_not_left(found):
    assert found(saddle("reactant-product", True)).left == []


@pytest.mark.parametrize("connects", ["reactant-product", "reactant-other"])
@pytest.mark.parametrize("ends", [(HCN, HNC), (HNC, HCN)])
def test_a_driven_reaction_is_one_between_the_ends_of_its_saddle_point(found, connects, ends):
    (row,) = found(saddle("other-other", False, ends=(HCN, HCN))).left
    (end,) = ends_of_driven(row, saddle(connects, None, ends), {NAMES[1][0]: 1}, "driven")
    assert np.allclose(end[c.REACTANT_POSITIONS], HNC)
    assert (end[c.REACTANTS], end[c.PRODUCTS]) == NAMES[::-1]
    assert end[c.REACTION_ID] == "r-driven"
    assert np.allclose(end[c.TS_GUESS], TS)


def test_a_driven_reaction_that_found_nothing_or_leads_back_is_none(found):
    (row,) = found(saddle("other-other", False, ends=(HCN, HCN))).left
    assert ends_of_driven(row, dict.fromkeys(saddle("", None)), {}, "driven") == []
    back = saddle("other-other", None, ends=(HCN, HCN))
    assert ends_of_driven(row, back, {}, "driven") == []
