"""The machine-readable reasons for a second look at a result."""

from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.schemas.tables import TYPES, with_column

HIGHEST_BARRIER = 200.0
"""kcal/mol; more than any bond takes to break, so atoms are mapped wrongly or structures broken."""
HIGHEST_GENERATED = 150.0
"""kcal/mol; the same of a TS that is only generated. Of the 10,972 barriers of GDB7-22-TS 38 are
higher."""
LEAST_P_GOOD = 0.2
"""A TS below it is most likely wrong, unless a saddle point next to it was verified."""

MOST_BOND_CHANGES = 6
"""Bonds that form and break in an elementary step; no more do in any of 6,000 reactions of
GDB7-22-TS and Cyclo-23-TS."""


class Caution(StrEnum):
    """One code for each reason."""

    NEGATIVE_BARRIER = "negative_barrier"
    BARRIER_BELOW_REACTION_ENERGY = "barrier_below_reaction_energy"
    IMPLAUSIBLE_BARRIER = "implausible_barrier"
    SIDES_NOT_KEPT = "sides_not_kept"
    UNKNOWN_CHEMISTRY = "unknown_chemistry"
    EQUAL_SIDES = "equal_sides"
    MANY_BOND_CHANGES = "many_bond_changes"
    ATOMS_REORDERED = "atoms_reordered"
    FEWER_BOND_CHANGES = "fewer_bond_changes"


IMPOSSIBLE = frozenset(
    {
        Caution.NEGATIVE_BARRIER,
        Caution.BARRIER_BELOW_REACTION_ENERGY,
        Caution.IMPLAUSIBLE_BARRIER,
        Caution.SIDES_NOT_KEPT,
        Caution.EQUAL_SIDES,
    }
)
"""What leaves no row with a rate constant, a verified one neither."""


def with_warnings(table: pa.Table) -> pa.Table:
    """A finished table with its `warnings`, and without the rate constants of doubtful rows.

    Doubtful is what has one of the codes of `IMPOSSIBLE`, and a TS that is only generated and has
    any code.
    """
    codes = cautions(table)
    found = _saddles(table)
    trusted = [
        IMPOSSIBLE.isdisjoint(row) and (verified or not row)
        for row, verified in zip(codes.to_pylist(), found, strict=True)
    ]
    for name in (c.RATE_CONSTANT, c.LOG10_RATE_LOW, c.LOG10_RATE_HIGH):
        if name in table.column_names:
            kept = pc.if_else(pa.array(trusted, pa.bool_()), table[name], None)
            table = with_column(table, name, kept)
    return table.append_column(c.WARNINGS, codes)


def cautions(table: pa.Table) -> pa.Array:
    """The `warnings` of every row, from what the other columns of a finished row say.

    Columns that no stage has written count as null.
    """
    barrier, predicted = _numbers(table, c.BARRIER), _numbers(table, c.BARRIER_ML)
    p_good = _numbers(table, c.P_GOOD)
    verified = _is(table, c.VERIFIED, True)
    # Of what only the correction has learnt there is no p_good, but a barrier with its error.
    told = verified & np.isfinite(_numbers(table, c.BARRIER_ML_HIGH))
    unknown = ((p_good < LEAST_P_GOOD) & ~verified) | ((p_good == 0) & ~told)
    gibbs = _numbers(table, c.GIBBS_BARRIER)
    highest = np.where(_saddles(table), HIGHEST_BARRIER, HIGHEST_GENERATED)
    raised = {
        Caution.NEGATIVE_BARRIER: (barrier < 0) | (predicted < 0) | (gibbs < 0),
        Caution.BARRIER_BELOW_REACTION_ENERGY: (barrier < _numbers(table, c.REACTION_ENERGY))
        | (gibbs < _numbers(table, c.GIBBS_REACTION_ENERGY)),
        Caution.IMPLAUSIBLE_BARRIER: (barrier > highest) | (predicted > highest),
        Caution.SIDES_NOT_KEPT: _is(table, c.SIDES_KEPT, False),
        Caution.UNKNOWN_CHEMISTRY: _known(table, c.CORRECTION_OFF) | unknown,
        Caution.EQUAL_SIDES: _is(table, c.SIDES_EQUAL, True),
        Caution.MANY_BOND_CHANGES: _numbers(table, c.N_BOND_CHANGES) > MOST_BOND_CHANGES,
        Caution.ATOMS_REORDERED: _known(table, c.PRODUCT_ORDER),
        Caution.FEWER_BOND_CHANGES: _known(table, c.FEWER_BOND_CHANGES),
    }
    codes = [[str(code) for code, rows in raised.items() if rows[row]] for row in range(len(table))]
    return pa.array(codes, TYPES[c.WARNINGS])


def _saddles(table: pa.Table) -> np.ndarray:
    """Whether the TS of a row is a saddle point that joins reactant and product."""
    joined = (Status.REFINED, Status.XTB)
    return np.array([cell in joined for cell in _cells(table, c.STATUS)], dtype=bool)


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    """Cells as numbers, nan where there is none, which compares as false."""
    return np.array(
        [np.nan if cell is None else cell for cell in _cells(table, name)], dtype=np.float64
    )


def _is(table: pa.Table, name: str, value: bool) -> np.ndarray:
    return np.array([cell is value for cell in _cells(table, name)], dtype=bool)


def _known(table: pa.Table, name: str) -> np.ndarray:
    return np.array([cell is not None for cell in _cells(table, name)], dtype=bool)


def _cells(table: pa.Table, name: str) -> list:
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)
