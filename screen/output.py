"""Read what a run has written, lazily."""

from pathlib import Path

import polars as pl
import pyarrow as pa

from schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from screen.errors import UsageError
from screen.writing import REJECTS, RESULTS

REPORT = "run.json"


def read_results(out: Path) -> pl.LazyFrame:
    """The results of a run, with every tag that any of its files has.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _read(out, RESULTS, RESULT_FIELDS)


def read_rejects(out: Path) -> pl.LazyFrame:
    """The rejects of a run.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _read(out, REJECTS, REJECT_FIELDS)


def _read(out: Path, folder: str, schema: pa.Schema) -> pl.LazyFrame:
    if not (out / folder).is_dir():
        raise UsageError(f"'{out}' holds no {folder}; give the --out folder of a `tscreen run`")
    empty = pl.from_arrow(schema.empty_table())
    assert isinstance(empty, pl.DataFrame)
    files = sorted((out / folder).glob("*.parquet"))
    # Files of one run may have different tags, as the files of its input may.
    frames = [empty.lazy(), *(pl.scan_parquet(file, glob=False) for file in files)]
    return pl.concat(frames, how="diagonal_relaxed")
