"""The tables of a network come back as they were written, or say what is wrong."""

import pyarrow as pa
import pytest

from tscreen.schemas import columns as c
from tscreen.schemas.tables import MOLECULE_FIELDS, STEP_FIELDS
from tscreen.screen.errors import UsageError
from tscreen.screen.networks.tables import (
    MOLECULES,
    STEPS,
    read_molecules,
    read_steps,
    write_network,
)
from tscreen.screen.storage.location import Location

WATER = {
    c.MOLECULE: "O",
    c.INCHIKEY: "XLYOFNOQVPJJNP-UHFFFAOYSA-N",
    c.FORMULA: "H2O",
    c.CHARGE: 0,
    c.MULTIPLICITY: 1,
    c.ATOMIC_NUMBERS: [8, 1, 1],
    c.MOLECULE_POSITIONS: [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]],
    c.MOLECULE_ENERGY: -138.0,
    c.MOLECULE_GIBBS: None,
    c.ENERGY_LEVEL: "GFN2-xTB//GFN2-xTB",
    c.GENERATION: 0,
}


def test_both_tables_come_back(tmp_path):
    molecules = pa.Table.from_pylist([WATER], schema=MOLECULE_FIELDS)
    steps = STEP_FIELDS.empty_table()
    write_network(Location.at(tmp_path), molecules, steps)
    assert read_molecules(tmp_path).equals(molecules)
    assert read_steps(tmp_path).schema.equals(STEP_FIELDS, check_metadata=True)


def test_the_columns_stand_in_the_order_of_the_schema_whatever_order_they_came_in(tmp_path):
    molecules = pa.Table.from_pylist([WATER], schema=MOLECULE_FIELDS)
    turned = molecules.select(molecules.column_names[::-1])
    write_network(Location.at(tmp_path), turned, STEP_FIELDS.empty_table())
    assert read_molecules(tmp_path).column_names == list(c.MOLECULE_ROW)


@pytest.mark.parametrize(("read", "name"), [(read_molecules, MOLECULES), (read_steps, STEPS)])
def test_a_folder_without_a_network_or_with_a_broken_one_says_so(tmp_path, read, name):
    with pytest.raises(UsageError, match="tscreen explore"):
        read(tmp_path)
    (tmp_path / name).write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)
