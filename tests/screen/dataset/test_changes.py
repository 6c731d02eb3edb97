"""How many bonds change, and whether nothing changes at all."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from conftest import HCN, HNC, reaction_row, reaction_table
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tscreen.schemas import columns as c
from tscreen.schemas.tables import with_column
from tscreen.screen.dataset.changes import with_changes
from tscreen.screen.dataset.writing import write
from tscreen.screen.storage.location import Location

AMMONIA = np.array([[0, 0, 0.07], [0, 0.94, -0.31], [0.81, -0.47, -0.31], [-0.81, -0.47, -0.31]])
BENT = np.array([[0, 0, 0.12], [0, 0.76, -0.47], [0, -0.76, -0.47]])


def changes(**cells: object) -> tuple[int, bool]:
    table = with_changes(reaction_table(reaction_row("a", **cells)))
    return table[c.N_BOND_CHANGES][0].as_py(), table[c.SIDES_EQUAL][0].as_py()


def of_one_molecule(numbers: list[int], reactant: np.ndarray, product: np.ndarray) -> dict:
    return {
        c.ATOMIC_NUMBERS: numbers,
        c.REACTANT_POSITIONS: reactant.tolist(),
        c.PRODUCT_POSITIONS: product.tolist(),
        c.REACTANT_FRAGMENTS: [0] * len(numbers),
        c.PRODUCT_FRAGMENTS: [0] * len(numbers),
    }


def test_a_shift_changes_two_bonds():
    assert changes() == (2, False)


turns = st.tuples(*[st.floats(-3, 3)] * 3)


@given(turns, turns, st.floats(-9, 9))
def test_molecules_that_only_turn_and_move_do_not_react(one, other, apart):
    water, linear = (Rotation.from_rotvec(turn).as_matrix() for turn in (one, other))
    cells = of_one_molecule(
        [8, 1, 1, 1, 6, 7],
        np.vstack([BENT, np.add(HCN, [0, 0, 8])]),
        np.vstack([BENT @ water, HCN @ linear + apart]),
    )
    fragments = [0, 0, 0, 1, 1, 1]
    cells |= {c.REACTANT_FRAGMENTS: fragments, c.PRODUCT_FRAGMENTS: fragments}
    assert changes(**cells) == (0, True)


def test_the_inversion_of_ammonia_is_a_reaction_though_no_bond_changes():
    mirrored = AMMONIA * [1, 1, -1]
    assert changes(**of_one_molecule([7, 1, 1, 1], AMMONIA, mirrored)) == (0, False)


def test_another_geometry_with_the_same_bonds_is_a_reaction():
    bent = np.add(HCN, [[0.3, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert changes(product_positions=bent.tolist()) == (0, False)


def test_atoms_of_one_element_that_are_exchanged_for_nothing_change_every_bond_they_have():
    methane = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.63
    two = np.vstack([methane, np.add(methane, [0, 0, 9])])
    exchanged = two[[5, *range(1, 5), 0, *range(6, 10)]]
    numbers = [6, 1, 1, 1, 1] * 2
    assert changes(**of_one_molecule(numbers, two, exchanged)) == (16, False)


def test_what_is_written_carries_the_number_and_the_warnings(tmp_path):
    still = reaction_row("still", product_positions=HCN.tolist())
    table = reaction_table(still, reaction_row("shift", product_positions=HNC.tolist()))
    table = table.append_column(c.SOURCE_CHUNK, [["x", "x"]])
    table = with_column(table, c.REJECT_CODE, pa.nulls(2))
    write(table, Location.at(tmp_path))
    written = pq.read_table(tmp_path / "chunks" / "results").select(
        [c.REACTION_ID, c.N_BOND_CHANGES, c.WARNINGS]
    )
    assert [tuple(row.values()) for row in written.to_pylist()] == [
        ("still", 0, ["equal_sides"]),
        ("shift", 2, []),
    ]
