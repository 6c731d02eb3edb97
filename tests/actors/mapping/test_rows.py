import numpy as np
import pytest
from conftest import reaction_row, reaction_table

from tscreen.actors.mapping.rows import checked
from tscreen.schemas import columns as c
from tscreen.schemas.caution import cautions

METHANE = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.63
TWO = np.vstack([METHANE, np.add(METHANE, [0, 0, 9])])


def row_of(**cells) -> dict:
    (row,) = checked(reaction_table(reaction_row("a", **cells)), max_atoms=23).to_pylist()
    return row


def methanes(order: list[int], **cells) -> dict:
    return row_of(
        atomic_numbers=[6, 1, 1, 1, 1] * 2,
        reactant_positions=TWO.tolist(),
        product_positions=TWO[order].tolist(),
        reactant_fragments=[0] * 5 + [1] * 5,
        product_fragments=np.array([0] * 5 + [1] * 5)[order].tolist(),
        **cells,
    )


def test_a_row_that_is_mended_says_how():
    order = [5, *range(1, 5), 0, *range(6, 10)]
    row = methanes(order)
    assert row[c.REJECT_CODE] is None
    assert row[c.PRODUCT_ORDER] == order
    assert np.allclose(row[c.PRODUCT_POSITIONS], TWO)
    assert row[c.PRODUCT_FRAGMENTS] == [0] * 5 + [1] * 5


def test_the_warning_is_for_the_mended_row_alone():
    table = reaction_table(reaction_row("a"), reaction_row("b"))
    table = table.append_column(c.PRODUCT_ORDER, [[[1, 0], None]])
    assert cautions(table).to_pylist() == [["atoms_reordered"], []]


def test_rows_whose_order_is_right_are_not_touched():
    row = row_of()
    assert (row[c.PRODUCT_ORDER], row[c.FEWER_BOND_CHANGES], row[c.REJECT_CODE]) == (None,) * 3


@pytest.mark.parametrize(
    ("smiles", "code"), [(None, "no_mapping"), ("C>>C", "no_mapping"), ("[CH4:1]>>[CH4:1]", None)]
)
def test_what_cannot_be_mended_is_turned_away_unless_a_map_vouches_for_it(smiles, code):
    order = [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]
    broken = (TWO * 20)[order]
    row = row_of(
        atomic_numbers=[6, 1, 1, 1, 1] * 2,
        reactant_positions=TWO.tolist(),
        product_positions=broken.tolist(),
        reactant_fragments=[0] * 5 + [1] * 5,
        product_fragments=[0] * 10,
        smiles=smiles,
    )
    assert row[c.REJECT_CODE] == code
    if code:
        assert "'a'" in row[c.REJECT_MESSAGE]
        assert "give its atom-mapped SMILES" in row[c.REJECT_MESSAGE]
