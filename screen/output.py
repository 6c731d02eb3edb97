"""Read what a run has written, lazily."""

import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads

from schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from screen.errors import UsageError
from screen.place import Place, PlaceLike
from screen.writing import REJECTS, RESULTS

PLAN = "plan.json"
REPORT = "run.json"


def read_results(out: PlaceLike) -> pl.LazyFrame:
    """The results of a run, with every tag that any of its files has.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _read(Place.at(out), RESULTS, RESULT_FIELDS)


def read_rejects(out: PlaceLike) -> pl.LazyFrame:
    """The rejects of a run.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _read(Place.at(out), REJECTS, REJECT_FIELDS)


def _read(out: Place, folder: str, schema: pa.Schema) -> pl.LazyFrame:
    if not (out / PLAN).exists():
        raise UsageError(f"'{out}' holds no {PLAN}; give the --out folder of a `tscreen run`")
    empty = pl.from_arrow(schema.empty_table())
    assert isinstance(empty, pl.DataFrame)
    # Files of one run may have different tags, as the files of its input may.
    frames = [empty.lazy(), *(_scanned(file) for file in (out / folder).files())]
    return pl.concat(frames, how="diagonal_relaxed")


def _scanned(file: Place) -> pl.LazyFrame:
    if file.local is not None:
        return pl.scan_parquet(file.local, glob=False)
    files, path = file.opened
    return pl.scan_pyarrow_dataset(pads.dataset(path, filesystem=files, format="parquet"))
