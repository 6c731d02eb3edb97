"""The chunks of a sweep that goes on."""

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import reaction_row, reaction_table

from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.storage.parquet import as_parquet
from tscreen.screen.sweep.output import SweepOutput


def test_a_chunk_that_cannot_be_read_is_written_again(tmp_path):
    output = SweepOutput(tmp_path / "out.parquet")
    output.begin({"version": "0"})
    data = as_parquet(pa.table({"reaction_id": ["a"]})).to_pybytes()
    output.parts.put("part-0.parquet", data)
    output.parts.put("part-1.parquet", data[:-9])
    output.parts.put("part-2.parquet", bytes([*data[:40], data[40] ^ 1, *data[41:]]))
    assert output.written() == {"part-0.parquet"}


def test_chunks_with_their_columns_in_another_order_come_together(tmp_path):
    output = SweepOutput(tmp_path / "out.parquet")
    output.begin({})
    names = ("a", "b")
    for number, name in enumerate(names):
        rows = reaction_table(reaction_row(name, smiles="", reactant_states=None))
        columns = {c.PRODUCT_STATES: [None], c.SOURCE: ["t"], c.SOURCE_ROW: [number]}
        columns |= {c.REJECT_CODE: [None], c.REJECT_MESSAGE: [None], c.TS_GUESS: [None]}
        for column, cells in columns.items():
            rows = rows.append_column(column, pa.array(cells, TYPES[column]))
        order = rows.column_names[:: 1 if name == "a" else -1]
        output.parts.put(name, as_parquet(rows.select(order)))
    output.finish(names, len(names), {})
    assert pq.read_table(tmp_path / "out.parquet")[c.REACTION_ID].to_pylist() == ["a", "b"]
