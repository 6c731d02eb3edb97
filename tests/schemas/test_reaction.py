import numpy as np
import pyarrow as pa
import pytest
from conftest import HCN, HNC, reaction_row, reaction_table

from tscreen.schemas.reaction import positions_array, positions_of, reactions_of
from tscreen.schemas.tables import POSITIONS


def test_a_row_becomes_a_reaction_with_all_its_numbers():
    table = reaction_table(reaction_row("first"), reaction_row("second", charge=-1, multiplicity=2))
    first, second = reactions_of(table)
    assert first.reaction_id == "first"
    assert first.atomic_numbers.tolist() == [1, 6, 7]
    np.testing.assert_allclose(first.reactant_positions, HCN, atol=1e-6)
    np.testing.assert_allclose(first.product_positions, HNC, atol=1e-6)
    assert first.reactant_positions.dtype == np.float32
    assert first.product_fragments.tolist() == [0, 0, 0]
    assert (second.charge, second.multiplicity) == (-1, 2)


def test_a_slice_of_several_chunks_gives_its_own_rows():
    table = reaction_table(reaction_row("a"), reaction_row("b"), reaction_row("c", charge=3))
    both = pa.concat_tables([table, table]).slice(1, 3)
    assert [r.reaction_id for r in reactions_of(both)] == ["b", "c", "a"]
    assert [r.charge for r in reactions_of(both)] == [0, 3, 0]


def test_an_empty_table_has_no_reactions():
    assert reactions_of(reaction_table(reaction_row("a")).slice(0, 0)) == []


def test_rejected_rows_must_be_filtered_out_first():
    table = reaction_table(reaction_row("a", reactant_positions=None))
    with pytest.raises(ValueError, match="filtered out"):
        reactions_of(table)


def test_positions_survive_the_way_to_arrow_and_back():
    structures = [HCN, np.zeros((0, 3)), HNC.astype(np.float32)]
    column = positions_array(structures)
    assert column.type == POSITIONS
    for there, back in zip(structures, positions_of(column), strict=True):
        np.testing.assert_allclose(back, there, atol=1e-6)


def test_a_missing_structure_is_a_null_cell():
    column = positions_array([None, HCN, None])
    assert column.is_null().to_pylist() == [True, False, True]
    assert len(positions_array([])) == 0
