import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ase.data import chemical_symbols, covalent_radii

from tscreen.schemas import columns as c
from tscreen.schemas.elements import COVALENT_RADII, NUMBER_OF_SYMBOL, SYMBOLS
from tscreen.schemas.tables import (
    POSITIONS,
    REACTION_FIELDS,
    REJECT_FIELDS,
    RESULT_FIELDS,
    SCHEMA_VERSION,
    TYPES,
    tags_of,
    with_column,
)


def test_a_schema_survives_parquet_with_its_name_and_version(tmp_path):
    for schema, kind in [
        (REACTION_FIELDS, b"reaction"),
        (RESULT_FIELDS, b"result"),
        (REJECT_FIELDS, b"reject"),
    ]:
        pq.write_table(schema.empty_table(), tmp_path / "empty.parquet")
        back = pq.read_schema(tmp_path / "empty.parquet")
        assert back.equals(schema)
        assert back.metadata[b"tscreen.schema"] == kind
        assert back.metadata[b"tscreen.schema_version"] == str(SCHEMA_VERSION).encode()


def test_every_column_name_is_used_once_in_its_table():
    for names in (c.CONTRACT, c.RESULT, c.REJECT, c.INTERNAL):
        assert len(set(names)) == len(names)


def test_only_the_users_own_columns_are_tags():
    schema = pa.schema(
        [(name, pa.string()) for name in ("split", *TYPES)] + [("yield", pa.float64())]
    )
    assert tags_of(schema) == ["split", "yield"]


def test_a_tag_may_have_the_name_of_a_column_that_networks_alone_have():
    names = [c.MOLECULE, c.FORMULA, c.MOLECULE_POSITIONS, c.GENERATION, c.REACTANTS]
    assert tags_of(pa.schema([(name, pa.string()) for name in names])) == names


def test_a_column_is_set_where_it_is_or_appended_in_its_type():
    table = pa.table({"charge": ["1"], "yield": [0.5]})
    table = with_column(table, c.CHARGE, pa.array([1]))
    table = with_column(table, c.BARRIER, pa.nulls(1))
    assert table.schema.names == ["charge", "yield", "barrier_kcal_mol"]
    assert table.schema.types == [pa.int32(), pa.float64(), pa.float64()]
    assert table["charge"].to_pylist() == [1]


def test_positions_are_lists_of_float32_triples():
    assert pa.list_(pa.list_(pa.float32(), 3)) == POSITIONS


def test_elements_agree_with_ase():
    assert list(SYMBOLS[1:]) == chemical_symbols[1 : len(SYMBOLS)]
    assert NUMBER_OF_SYMBOL["Br"] == 35
    np.testing.assert_allclose(COVALENT_RADII[1:], covalent_radii[1 : len(COVALENT_RADII)])
    assert len(SYMBOLS) == len(COVALENT_RADII) == 97
