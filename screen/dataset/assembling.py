"""Rows that were refined one by one come together again in the files of their chunk."""

import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.screen.dataset.writing import PARQUET, REFINED, chunk_of, receipt, write
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet, read_parquet

NEEDED_NO_MORE = (c.CANDIDATES, c.CANDIDATE_LOG_RMSD, c.CANDIDATE_ODDS)


def write_when_whole(row: pa.Table, out: Location) -> pa.Table:
    """Keep one row on the disk, and write its chunk if all the others are there.

    Whoever comes last writes. Two that come last at the same time write the same, and a row that
    Ray brings again finds its chunk whole once more: each leaves what was there before.

    Args:
        row: one row that went through all stages.
        out: the run's folder.

    Returns:
        A table for `count_written`.
    """
    folder = f"{REFINED}/{chunk_of(row)}"
    done = [name for name in NEEDED_NO_MORE if name in row.column_names]
    position = row[c.CHUNK_PLACE][0].as_py()
    out.put(f"{folder}/{position}{PARQUET}", as_parquet(row.drop_columns(done)))
    files = (out / folder).files()
    if len(files) == row[c.CHUNK_ROWS][0].as_py():
        table = pa.concat_tables([read_parquet(file) for file in files], promote_options="default")
        write(table.sort_by(c.CHUNK_PLACE), out)
    return receipt(row)
