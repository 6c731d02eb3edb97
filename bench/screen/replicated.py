"""A table of any number of reactions: the training reactions over and over, with new ids."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tscreen.schemas import columns as c


def write_replicated(data: Path, n_rows: int, file: Path) -> None:
    """Write so many reactions of `data` (only its training split) to a Parquet file."""
    table = pq.read_table(data, columns=[*c.REQUIRED, c.SPLIT])
    table = table.filter(pc.equal(table[c.SPLIT], "train")).drop_columns([c.SPLIT])
    column = table.column_names.index(c.REACTION_ID)
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        for start in range(0, n_rows, len(table)):
            part = table.slice(0, n_rows - start)
            names = pc.binary_join_element_wise(part[c.REACTION_ID], str(start), "-")
            writer.write_table(part.set_column(column, c.REACTION_ID, names.cast(pa.string())))
