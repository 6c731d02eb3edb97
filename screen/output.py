"""Read what a run has written, lazily."""

from urllib.parse import unquote

import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads

from schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from screen.errors import UsageError
from screen.place import Place, PlaceLike
from screen.writing import REJECTS, RESULTS

PLAN = "plan.json"
REPORT = "run.json"
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


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


def results_dataset(out: PlaceLike) -> pads.Dataset:
    """The same as `read_results` for tools that take Arrow datasets.

    Raises:
        UsageError: the folder is not one that a run has written, or a file in it is broken.
    """
    return _dataset(Place.at(out), RESULTS, RESULT_FIELDS)


def rejects_dataset(out: PlaceLike) -> pads.Dataset:
    """The same as `read_rejects` for tools that take Arrow datasets.

    Raises:
        UsageError: the folder is not one that a run has written, or a file in it is broken.
    """
    return _dataset(Place.at(out), REJECTS, REJECT_FIELDS)


def _read(out: Place, folder: str, schema: pa.Schema) -> pl.LazyFrame:
    empty = pl.from_arrow(schema.empty_table())
    assert isinstance(empty, pl.DataFrame)
    # Files of one run may have different tags, as the files of its input may.
    scans = [
        _scanned(file).with_columns(
            pl.lit(value, pl.String).alias(name)
            for name, value in _told_by_folders(file, out / folder).items()
        )
        for file in _files(out, folder)
    ]
    return pl.concat([empty.lazy(), *scans], how="diagonal_relaxed")


def _scanned(file: Place) -> pl.LazyFrame:
    if file.local is not None:
        return pl.scan_parquet(file.local, glob=False, hive_partitioning=False)
    files, path = file.opened
    return pl.scan_pyarrow_dataset(pads.dataset(path, filesystem=files, format="parquet"))


def _dataset(out: Place, folder: str, schema: pa.Schema) -> pads.Dataset:
    top, found = out / folder, _files(out, folder)
    files, path = top.opened
    keys = dict.fromkeys(name for file in found for name in _told_by_folders(file, top))
    told = pa.schema([(name, pa.string()) for name in keys])
    parts = pads.dataset(
        [file.opened[1] for file in found],
        filesystem=files,
        format="parquet",
        partitioning=pads.partitioning(told, flavor="hive"),
        partition_base_dir=path,
    )
    fragments = list(parts.get_fragments())
    try:
        schemas = [fragment.physical_schema for fragment in fragments]
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"'{out}' cannot be read; `tscreen check` says more: {reason}") from error
    united = _united([schema, told, *schemas])
    # Of the same fragments, which have read the ends of their files by now.
    return pads.FileSystemDataset(fragments, united, parts.format, parts.filesystem)


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


def _files(out: Place, folder: str) -> list[Place]:
    if not (out / PLAN).exists():
        raise UsageError(f"'{out}' holds no {PLAN}; give the --out folder of a `tscreen run`")
    return [file for file in (out / folder).files(deep=True) if file.suffix == ".parquet"]


def _told_by_folders(file: Place, top: Place) -> dict[str, str | None]:
    """The tags that the names of the folders of a file tell, `template=x` for one."""
    folders = file.name.removeprefix(f"{top.name}/").split("/")[:-1]
    told = {name: unquote(value) for name, _, value in (part.partition("=") for part in folders)}
    return {name: None if value == HIVE_NULL else value for name, value in told.items()}
