"""What deserves a second look is told by codes."""

import pyarrow as pa
import pytest

from tscreen.schemas import columns as c
from tscreen.schemas.caution import HIGHEST_BARRIER, HIGHEST_GENERATED, cautions, with_warnings
from tscreen.schemas.status import Status
from tscreen.schemas.tables import TYPES

SOUND = {
    c.BARRIER: 30.0,
    c.BARRIER_ML: 28.0,
    c.REACTION_ENERGY: -5.0,
    c.GIBBS_BARRIER: 33.0,
    c.GIBBS_REACTION_ENERGY: 5.0,
    c.P_GOOD: 0.9,
    c.VERIFIED: True,
    c.SIDES_KEPT: True,
    c.CORRECTION_OFF: None,
    c.SIDES_EQUAL: False,
    c.N_BOND_CHANGES: 3,
    c.STATUS: Status.REFINED,
}
RATES = {c.RATE_CONSTANT: 1e-3, c.LOG10_RATE_LOW: -4.0, c.LOG10_RATE_HIGH: -2.0}
BETWEEN = (HIGHEST_BARRIER + HIGHEST_GENERATED) / 2


def codes(**cells: object) -> list[str]:
    (found,) = cautions(row_of(cells)).to_pylist()
    return found


def row_of(cells: dict) -> pa.Table:
    row = SOUND | cells
    return pa.table({name: pa.array([cell], TYPES[name]) for name, cell in row.items()})


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, []),
        (dict.fromkeys(SOUND), []),
        ({c.BARRIER: float("nan")}, []),
        ({c.BARRIER: -20.0, c.REACTION_ENERGY: -25.0}, ["negative_barrier"]),
        ({c.BARRIER_ML: -1.0}, ["negative_barrier"]),
        ({c.REACTION_ENERGY: 31.0}, ["barrier_below_reaction_energy"]),
        ({c.BARRIER: 737.0}, ["implausible_barrier"]),
        ({c.BARRIER: BETWEEN}, []),
        ({c.BARRIER: BETWEEN, c.STATUS: Status.GENERATED}, ["implausible_barrier"]),
        ({c.SIDES_KEPT: False}, ["sides_not_kept"]),
        ({c.GIBBS_BARRIER: -0.5, c.GIBBS_REACTION_ENERGY: -3.0}, ["negative_barrier"]),
        ({c.GIBBS_BARRIER: 4.0}, ["barrier_below_reaction_energy"]),
        ({c.SIDES_EQUAL: True, c.N_BOND_CHANGES: 0}, ["equal_sides"]),
        ({c.N_BOND_CHANGES: 6}, []),
        ({c.N_BOND_CHANGES: 7}, ["many_bond_changes"]),
        ({c.CORRECTION_OFF: "elements"}, ["unknown_chemistry"]),
        ({c.P_GOOD: 0.0}, ["unknown_chemistry"]),
        ({c.P_GOOD: 0.0, c.BARRIER_ML_HIGH: 33.0}, []),
        ({c.P_GOOD: 0.0, c.BARRIER_ML_HIGH: float("inf")}, ["unknown_chemistry"]),
        ({c.P_GOOD: 0.0, c.BARRIER_ML_HIGH: 33.0, c.VERIFIED: False}, ["unknown_chemistry"]),
        ({c.P_GOOD: 0.13}, []),
        ({c.P_GOOD: 0.13, c.VERIFIED: False}, ["unknown_chemistry"]),
        ({c.P_GOOD: 0.13, c.VERIFIED: None}, ["unknown_chemistry"]),
        (
            {c.BARRIER: -1.0, c.REACTION_ENERGY: 3.0},
            ["negative_barrier", "barrier_below_reaction_energy"],
        ),
    ],
)
def test_a_row_has_the_codes_that_its_cells_give_cause_for(cells, expected):
    assert codes(**cells) == expected


def test_columns_that_no_stage_has_written_give_no_cause():
    assert cautions(pa.table({c.REACTION_ID: ["a", "b"]})).to_pylist() == [[], []]


@pytest.mark.parametrize(
    ("cells", "given"),
    [
        ({}, True),
        ({c.STATUS: Status.GENERATED}, True),
        ({c.CORRECTION_OFF: "state"}, True),
        ({c.CORRECTION_OFF: "state", c.STATUS: Status.FAILED}, False),
        ({c.BARRIER: BETWEEN, c.STATUS: Status.GENERATED}, False),
        ({c.BARRIER: -8.0, c.REACTION_ENERGY: -20.0}, False),
        ({c.SIDES_KEPT: False}, False),
    ],
)
def test_a_doubtful_row_has_no_rate_constant(cells, given):
    [row] = with_warnings(row_of({**cells, **RATES})).to_pylist()
    assert {name: row[name] for name in RATES} == (RATES if given else dict.fromkeys(RATES))
