"""Read what a run has written, lazily: its chunks while it goes on, its dataset afterwards.

`run.json` decides which: it is written when the dataset is whole, and before the chunks go.
"""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
from pyarrow import fs
from pydantic import ValidationError

from tscreen.schemas.tables import described
from tscreen.screen.dataset.digests import SUMS, as_sums, digest, digest_of
from tscreen.screen.dataset.quantum import with_quantum
from tscreen.screen.dataset.run_report import RunReport
from tscreen.screen.dataset.writing import CHUNKS, RESULTS, TABLES
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.ahead import ahead
from tscreen.screen.storage.location import RESTORE, Location, LocationLike
from tscreen.screen.storage.parquet import read_parquet

PLAN = "plan.json"
REPORT = "run.json"
NO_RUN = f"'{{out}}' holds no {PLAN}; give the --out folder of a `tscreen run`"
NO_PARTITIONS = pa.schema([])
VERIFIED = pads.ParquetFileFormat(
    default_fragment_scan_options=pads.ParquetFragmentScanOptions(page_checksum_verification=True)
)

EXTENSION = "extension"
"""Folder of what is added to a finished run, until it is part of it: a run of its own."""
MERGED = f"{EXTENSION}/merged"
"""The run as it will be."""

File = tuple[Location, fs.FileInfo]


@dataclass(frozen=True)
class Files:
    """The files of one table.

    Attributes:
        folder: that they lie in, or in folders within it.
        listed: the files, by name.
        schema: what every file has at least, but for the partitions.
        partitions: columns that the names of folders tell.
    """

    folder: Location
    listed: list[File]
    schema: pa.Schema
    partitions: pa.Schema

    @property
    def partitioning(self) -> pads.HivePartitioning:
        """How folders are named: `column=value`, the value encoded as in a URI."""
        return pads.HivePartitioning(self.partitions)

    def read(self, file: File, columns: list[str]) -> pa.Table:
        """Some columns of one of the files.

        Raises:
            OSError, pa.ArrowException: the file cannot be read, or is gone.
        """
        location, info = file
        table = read_parquet(location, columns)
        for name, value in self._told(info).items():
            cells = pa.repeat(pa.scalar(value, self.partitions.field(name).type), len(table))
            table = table.append_column(name, cells)
        return table.select(columns)

    def _told(self, info: fs.FileInfo) -> dict[str, Any]:
        """What the names of the folders say of a file's rows."""
        within = PurePosixPath(info.path).relative_to(self.folder.opened[1])
        return pads.get_partition_keys(self.partitioning.parse(str(within)))

    def dataset(self) -> pads.FileSystemDataset:
        """All of them as one Arrow dataset with the columns that any of them has.

        Raises:
            OSError, pa.ArrowException: a file cannot be read.
        """
        files, base = self.folder.opened
        parts = pads.dataset(
            [info.path for _, info in self.listed],
            format=VERIFIED,
            filesystem=files,
            partitioning=self.partitioning,
            partition_base_dir=base,
        )
        fragments = list(parts.get_fragments())
        found = [fragment.physical_schema for fragment in fragments]
        schema = united([self.schema, *found, self.partitions])
        # Of the same fragments, which have read the ends of their files by now.
        return pads.FileSystemDataset(fragments, schema, parts.format, parts.filesystem)

    def frame(self) -> pl.LazyFrame:
        """All of them as one frame with the columns that any of them has."""
        empty = pl.from_arrow(self.schema.empty_table())
        assert isinstance(empty, pl.DataFrame)
        return pl.concat([empty.lazy(), *self._scans()], how="diagonal_relaxed")

    def _scans(self) -> list[pl.LazyFrame]:
        if not self.listed:
            return []
        if self.folder.local is None:
            return [pl.scan_pyarrow_dataset(self.dataset())]
        if self.partitions.names:
            told = pl.DataFrame(self.partitions.empty_table()).schema
            return [
                pl.scan_parquet(
                    f"{self.folder}/", glob=False, hive_partitioning=True, hive_schema=told
                )
            ]
        # Chunks may have different tags, as the files of the input may.
        return [
            pl.scan_parquet(location.name, glob=False, hive_partitioning=False)
            for location, _ in self.listed
        ]


class Tables(NamedTuple):
    """The files of the dataset of a run.

    Attributes:
        results: of its results.
        rejects: of its rejects.
        candidates: of the saddle points that were found.
        paths: of the paths through those that join both sides.
        samples: of all TSs that were sampled, where they were kept.
    """

    results: Files
    rejects: Files
    candidates: Files
    paths: Files
    samples: Files

    @classmethod
    def within(cls, folder: Location, partitions: pa.Schema = NO_PARTITIONS) -> "Tables":
        """Those that lie in a folder, the results with partitions."""
        return cls(
            *(
                files_in(folder / name, fields, partitions if name == RESULTS else NO_PARTITIONS)
                for name, fields in TABLES.items()
            )
        )


@dataclass(frozen=True)
class Written:
    """What lies in a run's folder at one moment.

    Attributes:
        report: of a run that is finished, else None.
        tables: the files.
    """

    report: RunReport | None
    tables: Tables


def whole(out: Location) -> Location:
    """Where a run lies as a whole: in its folder, or, for a moment, in the extended one within."""
    merged = out / MERGED
    return merged if (merged / REPORT).exists() else out


def written(out: Location) -> Written:
    """Look at a run's folder, which may change meanwhile.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    if not (out / PLAN).exists():
        raise UsageError(NO_RUN.format(out=out))
    out = whole(out)
    # The chunks first: if there is no report even after that, none of them was gone.
    chunks = chunk_tables(out)
    report = report_of(out)
    if report is None:
        return Written(None, chunks)
    types = report.partitions.items()
    partitions = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in types])
    return Written(report, Tables.within(out, partitions))


def chunk_tables(out: Location) -> Tables:
    """The files of the chunks of a run that goes on."""
    return Tables.within(out / CHUNKS)


def plan_of(out: Location) -> dict[str, Any]:
    """What a run that has begun is about to do: at least its `rows` and its `settings`.

    Raises:
        UsageError: the folder is not one that a run has written, or the plan is broken.
    """
    try:
        found = (out / PLAN).read_json()
    except FileNotFoundError as error:
        raise UsageError(NO_RUN.format(out=out)) from error
    kinds = {"rows": int, "settings": dict}
    if isinstance(found, dict) and all(isinstance(found.get(n), kind) for n, kind in kinds.items()):
        return found
    raise UsageError(f"'{out / PLAN}' is broken (no rows or settings); {RESTORE}")


def files_in(folder: Location, schema: pa.Schema, partitions: pa.Schema = NO_PARTITIONS) -> Files:
    """The files of a table in a folder."""
    listed = [file for file in folder.listing(deep=True) if file[0].suffix == ".parquet"]
    return Files(folder, listed, schema, partitions)


def report_of(out: Location) -> RunReport | None:
    """The report of a run that is finished.

    Raises:
        UsageError: another version of this program has written it, or it is broken.
    """
    try:
        found = (out / REPORT).read_json()
    except FileNotFoundError:
        return None
    try:
        return RunReport.from_json(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"'{out / REPORT}' is of another version of tscreen ({where}: {first['msg']}); read "
            "the folder with that version"
        ) from error


def write_report(report: RunReport, out: Location, tables: Tables) -> None:
    """Write the report of a run that is finished, and before it the digests of all its files."""
    data = (json.dumps(report.as_json(), indent=2) + "\n").encode()
    listed = [out / PLAN, *(file for table in tables for file, _ in table.listed)]
    digests = zip(listed, ahead(digest_of, listed), strict=True)
    by_name = {file.name.removeprefix(f"{out}/"): told for file, told in digests}
    out.put(SUMS, as_sums(by_name | {REPORT: digest(data)}))
    out.put(REPORT, data)


def read_results(out: LocationLike) -> pl.LazyFrame:
    """The results of a run, with every tag that any of its files has, and what was absorbed.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    location = Location.at(out)
    return with_quantum(written(location).tables.results.frame(), location)


def read_rejects(out: LocationLike) -> pl.LazyFrame:
    """The rejects of a run.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return written(Location.at(out)).tables.rejects.frame()


def read_candidates(out: LocationLike) -> pl.LazyFrame:
    """Every saddle point that a run has found.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return written(Location.at(out)).tables.candidates.frame()


def read_paths(out: LocationLike) -> pl.LazyFrame:
    """The path through every saddle point of a run that joins both sides of its reaction.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return written(Location.at(out)).tables.paths.frame()


def read_samples(out: LocationLike) -> pl.LazyFrame:
    """Every TS that a run has sampled, where it kept them.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    return written(Location.at(out)).tables.samples.frame()


def dataset_of(out: LocationLike, table: str) -> pads.FileSystemDataset:
    """One of the tables of a run for tools that take Arrow datasets.

    Args:
        out: folder of the run.
        table: a name of `Tables`.

    Raises:
        UsageError: the folder is not one that a run has written, or a file cannot be read.
    """
    location = Location.at(out)
    return _opened(location, getattr(written(location).tables, table))


def _opened(out: Location, files: Files) -> pads.FileSystemDataset:
    try:
        return files.dataset()
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"'{out}' cannot be read; `tscreen check` says more: {reason}") from error


def united(schemas: list[pa.Schema]) -> pa.Schema:
    """All their columns; one that has types without a common one is text, as Polars has it."""
    types: dict[str, pa.DataType] = {}
    for found in dict.fromkeys(schemas):
        for column in found:
            types[column.name] = _common(types.get(column.name, column.type), column.type)
    return described(pa.schema(list(types.items())))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    try:
        pair = [pa.schema([("", one)]), pa.schema([("", other)])]
        return pa.unify_schemas(pair, promote_options="permissive").field("").type
    except pa.ArrowTypeError:
        return pa.string()
