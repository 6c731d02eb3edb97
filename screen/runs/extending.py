"""A finished run is extended: rows are tried again, refined further, or added.

What is to be done is a run of its own in a folder within that of the run, with chunks and receipts,
and goes on where it was left like any other. Once all of its rows are written, they and those of
the run become one dataset (`dataset.merging`). Until then the run is what it was.
"""

import sys
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads

from tscreen.actors.defaults import Effort
from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.schemas.tables import tags_of
from tscreen.schemas.version import VERSION
from tscreen.screen.analysis.barriers import barriers_of
from tscreen.screen.dataset.compaction import Follow, clear
from tscreen.screen.dataset.merging import merged, put_in_place, verdict
from tscreen.screen.dataset.output import (
    EXTENSION,
    MERGED,
    PLAN,
    Tables,
    dataset_of,
    plan_of,
    read_rejects,
    report_of,
    write_report,
)
from tscreen.screen.dataset.run_report import Extension, RunReport
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Refine, Retry, Settings
from tscreen.screen.engine.stages import Stages, shipped
from tscreen.screen.engine.time_limits import too_slow
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import KNOWN
from tscreen.screen.inputs.known import Print, prints_of, refuse_changed_rows
from tscreen.screen.inputs.reading import Plan, plan
from tscreen.screen.runs.resume import FILES, as_plan, begin, describe, identities, refuse_other
from tscreen.screen.runs.screening import BLOCK_ROWS, block_rows, counted, screened
from tscreen.screen.runs.standard_input import input_of
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.lock import locked
from tscreen.screen.storage.parquet import as_parquet
from tscreen.screen.views.shown import visible

ROWS = "reactions.parquet"
"""In the folder of an extension: the rows of the run that are done again."""


RETRIED = {
    Retry.FAILED: f"{c.STATUS} = '{Status.FAILED}'",
    Retry.TIMEOUT: f"{c.STATUS} = '{Status.FAILED}' AND {c.ERROR_CODE} = 'xtb_timeout'",
}


@dataclass(frozen=True)
class Task:
    """What is to be done to a finished run.

    Attributes:
        what: as its report tells it.
        settings: of the rows; their `out` is the folder of the extension.
        planned: the rows.
        sources: files whose rejects are made anew; none where the rows come from the run itself,
            and none of them is lost by being rejected now.
    """

    what: str
    settings: Settings
    planned: Plan
    sources: Set[str] = frozenset()


def retry_rows(settings: Settings, which: Retry, stages: Stages, show: Show) -> RunReport:
    """Search rows of a finished run again, with another time limit if that is wanted.

    Raises:
        UsageError: the folder holds no finished run, or one of other settings.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    with _finished(settings.out) as (out, report):
        refuse_other(out, settings, stages.weights, free=("search_timeout",))
        refine = Refine.NONE if settings.refine is Refine.NONE else Refine.ALL
        settings = replace(settings, refine=refine, min_p_good=None, fallback_fraction=None)
        return _redo(out, report, f"retry {which}", RETRIED[which], settings, stages, show)


def refine_rows(
    out: LocationLike,
    show: Show,
    stages: Stages | None = None,
    *,
    condition: str | None = None,
    **changes: Any,
) -> RunReport:
    """Search saddle points of rows of a finished run: for the first time, or harder, or at a level.

    Rows whose search was as hard as this one, at its level, are left as they are.

    Args:
        out: the run's folder.
        show: how progress is shown.
        stages: other stages than the shipped ones, for tests.
        condition: SQL condition on the columns of the results; None for all rows.
        changes: settings that differ from those of the run: `effort`, `level`, `search_timeout`,
            and those of the workers.

    Raises:
        UsageError: the folder holds no finished run, or the settings cannot be met.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    with _finished(out) as (out, report):
        wanted = {"refine": Refine.ALL, "energies": True, "min_p_good": None}
        wanted |= {"fallback_fraction": None}
        wanted |= {name: value for name, value in changes.items() if value is not None}
        settings = Settings(**plan_of(out)["settings"] | wanted, out=out.name)
        stages = stages or shipped(settings)
        refuse_other(out, settings, stages.weights, free=wanted)
        what = f"refine with effort {settings.effort} at {settings.level}"
        what += f" where {condition}" if condition else ""
        # The line break ends a comment in the condition.
        todo = f"({condition or True}\n) AND ({_not_searched(settings)})"
        return _redo(out, report, what, todo, settings, stages, show)


def _not_searched(settings: Settings) -> str:
    """The condition that a row was not searched as hard, or not at this level.

    Rows that failed before they were searched, or ended their worker, are for `retry_rows`.
    """
    efforts = list(Effort)
    lower = [f"'{effort}'" for effort in efforts[: efforts.index(settings.effort)]]
    level = str(settings.level).replace("'", "''")
    return " OR ".join(
        [
            f"({c.SEARCH_EFFORT} IS NULL AND {c.STATUS} <> '{Status.FAILED}')",
            *([f"{c.SEARCH_EFFORT} IN ({', '.join(lower)})"] if lower else []),
            f"{c.SEARCH_LEVEL} <> '{level}'",
        ]
    )


def add(settings: Settings, planned: Plan, stages: Stages, show: Show) -> RunReport:
    """Screen the reactions of the input that a finished run does not know.

    Args:
        settings: as those of the run; the input may be another.
        planned: all of the input.
        stages: that compute.
        show: how progress is shown.

    Raises:
        UsageError: the folder holds a run of other settings, or a reaction that it knows has
            changed in the input.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    with _finished(settings.out) as (out, report):
        refuse_other(out, settings, stages.weights, free=("input",))
        before = plan_of(out)[FILES]
        changed = {name for name, told in identities(planned).items() if before.get(name) != told}
        folder = out / EXTENSION
        what = f"reactions of {settings.inputs_named}"
        _refuse_pending(out, what)
        if not changed:
            return report
        known = _known(out)
        refuse_changed_rows(
            (chunk for chunk in planned.chunks if chunk.files & changed),
            known,
            settings.max_atoms,
        )
        sources = [input_of(one, out) for one in settings.inputs]
        fresh = plan(
            sources,
            block_rows=block_rows(sources),
            filter=settings.filter,
            limit=settings.limit,
            known=known.keys(),
        )
        if not fresh.n_rows:
            return report
        _say(f"{len(known)} reactions are done; {fresh.n_rows} rows are added to them")
        settings = replace(settings, out=folder.name)
        order = Task(what, settings, fresh, sources=frozenset(fresh.files))
        return _extend(out, report, order, stages, show)


def _known(out: Location) -> dict[str, Print]:
    dataset = dataset_of(out, "results")
    wanted = [name for name in (*c.REQUIRED, c.SMILES) if name in dataset.schema.names]
    known: dict[str, Print] = {}
    for batch in dataset.to_batches(columns=wanted):
        known |= prints_of(pa.Table.from_batches([batch]))
    return known


@contextmanager
def _finished(folder: LocationLike) -> Iterator[tuple[Location, RunReport]]:
    """Have a finished run to oneself.

    Raises:
        UsageError: there is none, or another process is at work there.
    """
    out = Location.at(folder)
    plan_of(out)  # which says what there is else
    with locked(out):
        put_in_place(out)
        clear(out)
        report = report_of(out)
        if report is None:
            raise UsageError(
                f"the run in '{out}' has not ended, so nothing can be added to it; repeat its "
                "command to go on with it first"
            )
        yield out, report


def _refuse_pending(out: Location, what: str) -> None:
    folder = out / EXTENSION
    if (folder / PLAN).exists() and (pending := plan_of(folder)[EXTENSION]) != what:
        raise UsageError(
            f"'{out}' is being extended ({pending}); repeat that command to go on, or remove "
            f"'{folder}' to give it up"
        )


def _redo(
    out: Location,
    report: RunReport,
    what: str,
    condition: str,
    settings: Settings,
    stages: Stages,
    show: Show,
) -> RunReport:
    """Screen rows of the run again, read from its results: structures are not built again."""
    folder = out / EXTENSION
    _refuse_pending(out, what)
    if not (folder / PLAN).exists():
        rows = _rows(out, condition)
        if not len(rows):
            _say(f"nothing is left to do for: {what}")
            return report
        folder.put(ROWS, as_parquet(rows))
    source = folder / ROWS
    planned = plan([source], block_rows=BLOCK_ROWS)
    _say(f"{what}: {planned.n_rows} of {report.counts.results} results")
    settings = replace(
        settings, input=source.name, out=folder.name, filter=None, limit=None, partition_by=[]
    )
    return _extend(out, report, Task(what, settings, planned), stages, show)


def _rows(out: Location, condition: str) -> pa.Table:
    """The reactions, with their tags, of the results that meet a condition."""
    from tscreen.screen.analysis.query import asked  # loads DuckDB, which nothing else here needs

    with asked(out, f"SELECT {c.REACTION_ID} FROM results WHERE {condition}") as answer:
        ids = pa.array([name for (name,) in answer.rows], pa.string())
    dataset = dataset_of(out, "results")
    names = [*c.REQUIRED, *tags_of(dataset.schema)]
    names += [name for name in c.OPTIONAL if name in dataset.schema.names]
    read = {name: pads.field(name) for name in names}
    read |= {f"{KNOWN}{name}": pads.field(name) for name in c.FROM_READING}
    return dataset.to_table(columns=read, filter=pads.field(c.REACTION_ID).isin(ids))


def _extend(out: Location, before: RunReport, order: Task, stages: Stages, show: Show) -> RunReport:
    started, started_at = time.monotonic(), datetime.now(UTC)
    folder, target = out / EXTENSION, out / MERGED
    if slow := too_slow(order.settings, order.planned.atoms):
        _say(slow)
    told = describe(order.settings, stages.weights, order.planned)
    begin(folder, told | {EXTENSION: order.what})

    def compacted(_chunks: list[str], follow: Follow) -> Tables:
        return merged(out, verdict(out).taken, order.sources, list(before.partitions), follow)

    made = screened(
        order.settings, stages, order.planned, show, compacted, started=started, log=out
    )
    judged, done = verdict(out), plan_of(out)
    n_rows = done["rows"]
    if order.sources:
        of_sources = read_rejects(out).filter(pl.col(c.SOURCE).is_in(order.sources))
        n_rows += order.planned.n_rows - of_sources.select(pl.len()).collect().item()
        done |= {"rows": n_rows, FILES: done[FILES] | identities(order.planned)}
    report = replace(
        before,
        counts=counted(made.tables, n_rows, target),
        barriers_kcal_mol=barriers_of(made.tables.results.frame()),
        extensions=[
            *before.extensions,
            Extension(
                what=order.what,
                version=VERSION,
                started_at=started_at.isoformat(timespec="seconds"),
                settings=replace(order.settings, out=out.name).as_json(),
                rows=order.planned.n_rows,
                added=len(judged.taken) - judged.replaced,
                replaced=judged.replaced,
                kept=judged.kept,
                status=judged.status,
                times_s=made.times,
                stages=made.stages,
            ),
        ],
    )
    target.put(PLAN, as_plan(done))
    write_report(report, target, made.tables)
    put_in_place(out)
    return report


def _say(what: str) -> None:
    print(f"tscreen: {visible(what)}", file=sys.stderr)
