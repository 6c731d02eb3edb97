"""Read what a run has written, lazily."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

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


def results_dataset(out: Path) -> ds.Dataset:
    """The same as `read_results` for tools that take Arrow datasets.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _dataset(out, RESULTS, RESULT_FIELDS)


def rejects_dataset(out: Path) -> ds.Dataset:
    """The same as `read_rejects` for tools that take Arrow datasets.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return _dataset(out, REJECTS, REJECT_FIELDS)


def _read(out: Path, folder: str, schema: pa.Schema) -> pl.LazyFrame:
    empty = pl.from_arrow(schema.empty_table())
    assert isinstance(empty, pl.DataFrame)
    # Files of one run may have different tags, as the files of its input may.
    scans = [
        pl.scan_parquet(file, glob=False, hive_partitioning=True, try_parse_hive_dates=False)
        for file in _files(out, folder)
    ]
    return pl.concat([empty.lazy(), *scans], how="diagonal_relaxed")


def _dataset(out: Path, folder: str, schema: pa.Schema) -> ds.Dataset:
    parts = ds.dataset(
        [str(file) for file in _files(out, folder)],
        format="parquet",
        partitioning=ds.HivePartitioning.discover(),
        partition_base_dir=str(out / folder),
    )
    fragments = list(parts.get_fragments())
    try:
        schemas = [fragment.physical_schema for fragment in fragments]
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"'{out}' cannot be read; `tscreen check` says more: {reason}") from error
    united = _united([schema, parts.schema, *schemas])
    # Of the same fragments, which have read the ends of their files by now.
    return ds.FileSystemDataset(fragments, united, parts.format, parts.filesystem)


def _united(schemas: list[pa.Schema]) -> pa.Schema:
    """All their columns; one that has types without a common one is text, as Polars has it."""
    types: dict[str, pa.DataType] = {}
    for found in dict.fromkeys(schemas):
        for field in found:
            types[field.name] = _common(types.get(field.name, field.type), field.type)
    return pa.schema(list(types.items()))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    try:
        pair = [pa.schema([("", one)]), pa.schema([("", other)])]
        return pa.unify_schemas(pair, promote_options="permissive").field("").type
    except pa.ArrowTypeError:
        return pa.string()


def _files(out: Path, folder: str) -> list[Path]:
    if not (out / folder).is_dir():
        raise UsageError(f"'{out}' holds no {folder}; give the --out folder of a `tscreen run`")
    return sorted((out / folder).rglob("*.parquet"))
