"""The chunks of a sweep that goes on."""

import pyarrow as pa

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
