"""Makes one run of a finished run and of what extends it.

The run as it will be is written whole into a folder of its own within the extension. Its report
comes last: from then on readers look there (`output.whole`), until its files are copied into their
place and the extension is removed. Each of these steps may be broken off and is then done again.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.schemas.tables import with_column
from tscreen.screen.dataset.compaction import ROW_GROUP, Follow, clear, compact
from tscreen.screen.dataset.digests import SUMS
from tscreen.screen.dataset.mappings import BARRIERS, with_lowest_mapping
from tscreen.screen.dataset.output import (
    EXTENSION,
    MERGED,
    PLAN,
    REPORT,
    Files,
    Tables,
    chunk_tables,
    written,
)
from tscreen.screen.dataset.writing import CHUNKS, PARQUET, PART, REJECTS, RESULTS, TABLES
from tscreen.screen.storage.location import Location, bring_to_disk
from tscreen.screen.storage.parquet import as_parquet

SEARCHED_WELL = [str(Status.REFINED), str(Status.XTB)]
BEFORE = "before"


@dataclass(frozen=True)
class Verdict:
    """Which of the rows of an extension become part of the run.

    Attributes:
        taken: ids of those that do.
        replaced: how many of them stand in place of another.
        kept: how many rows of the run stay, though they were done again: their transition state is
            a saddle point that joins both sides, and what came now is none.
        status: how many of the taken rows have each status.
    """

    taken: list[str]
    replaced: int
    kept: int
    status: dict[str, int]


def verdict(out: Location) -> Verdict:
    """Compare the results of a run and of the extension in its folder."""
    new = chunk_tables(out / EXTENSION).results.frame().select(c.REACTION_ID, c.STATUS)
    old = written(out).tables.results.frame().select(c.REACTION_ID, pl.col(c.STATUS).alias(BEFORE))
    rows = new.join(old, on=c.REACTION_ID, how="left").collect()
    worse = pl.col(BEFORE).is_in(SEARCHED_WELL) & ~pl.col(c.STATUS).is_in(SEARCHED_WELL)
    taken = rows.filter(~worse.fill_null(False))
    return Verdict(
        taken[c.REACTION_ID].to_list(),
        replaced=taken[BEFORE].count(),
        kept=len(rows) - len(taken),
        status=dict(taken[c.STATUS].value_counts(sort=True).iter_rows()),
    )


def merged(
    out: Location, taken: list[str], sources: Set[str], by: list[str], follow: Follow
) -> Tables:
    """Write the dataset of a run and its extension, in place of what is there of it.

    Args:
        out: the run's folder.
        taken: ids of the results of the extension that become part of it.
        sources: files whose rejects are those of the extension from now on.
        by: columns whose values the results lie in folders by.
        follow: is told how many rows have come, again and again.

    Returns:
        The files of the dataset, which lie in the folder of the extension yet.

    Raises:
        OSError, pa.ArrowException: a file cannot be read or written.
    """
    old, new = written(out).tables, chunk_tables(out / EXTENSION)
    target = out / MERGED
    target.remove()
    of_taken = pc.field(c.REACTION_ID).isin(pa.array(taken, pa.string()))
    of_sources = pc.field(c.SOURCE).isin(pa.array(sorted(sources), pa.string()))
    marks = _lowest_mappings([(old.results, ~of_taken), (new.results, of_taken)])
    names: dict[str, None] = {}
    for kind, before, now in zip(TABLES, old, new, strict=True):
        replaced = of_sources if kind == REJECTS else of_taken
        for number, table in enumerate(_pieces([(before, ~replaced), (now, replaced)])):
            if kind == RESULTS and marks:
                lowest = [marks.get(one) for one in table[c.REACTION_ID].to_pylist()]
                table = with_column(table, c.LOWEST_MAPPING, pa.array(lowest, pa.bool_()))
            name = f"{number:08}"
            target.put(f"{CHUNKS}/{kind}/{PART}{name}{PARQUET}", as_parquet(table))
            names[name] = None
    tables = compact(target, list(names), by, follow)
    clear(target)
    return tables


def _lowest_mappings(chosen: list[tuple[Files, pc.Expression]]) -> dict[str, bool | None]:
    """Whether each map of a reaction is the lowest one, now that some were screened again."""
    wanted = [c.REACTION_ID, c.N_MAPPINGS, *BARRIERS]
    several = pc.field(c.N_MAPPINGS) > 1
    rows = [
        files.dataset().to_table(wanted, filter=condition & several)
        for files, condition in chosen
        if files.listed
    ]
    if not rows:  # neither has results
        return {}
    marked = with_lowest_mapping(pa.concat_tables(rows)).select([c.REACTION_ID, c.LOWEST_MAPPING])
    return dict(zip(*(column.to_pylist() for column in marked.columns), strict=True))


def _pieces(chosen: list[tuple[Files, pc.Expression]]) -> Iterator[pa.Table]:
    """The rows that are chosen of some files, about a row group at a time."""
    for files, condition in chosen:
        if not files.listed:
            continue
        waiting: list[pa.RecordBatch] = []
        dataset = files.dataset()
        for batch in dataset.to_batches(filter=condition):
            waiting.append(batch)
            if sum(map(len, waiting)) >= ROW_GROUP:
                yield pa.Table.from_batches(waiting)
                waiting = []
        if sum(map(len, waiting)):
            yield pa.Table.from_batches(waiting)


def put_in_place(out: Location) -> None:
    """Let a run that was extended take the place of what it was, if there is one that is whole."""
    extension, target = out / EXTENSION, out / MERGED
    if (target / REPORT).exists():
        for kind in TABLES:
            (out / kind).remove()
            if (target / kind).exists():
                _copy(target / kind, out / kind)
        for name in (PLAN, SUMS, REPORT):
            out.put(name, (target / name).read())
        # First, so that nothing takes what is left for an extension, and then for a run.
        for file in (extension / PLAN, target / REPORT):
            file.remove()
    if not (extension / PLAN).exists():
        extension.remove()


def _copy(source: Location, target: Location) -> None:
    files, path = source.opened
    place = target.opened[1]
    files.create_dir(place)
    fs.copy_files(path, place, source_filesystem=files, destination_filesystem=files)
    if target.local is not None:
        for changed in (*target.local.rglob("*"), target.local, target.local.parent):
            bring_to_disk(changed)
