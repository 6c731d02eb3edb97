"""How far a run is, told from its folder alone, on any machine that sees it."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import EXTENSION, PLAN, REPORT, File, Files, plan_of, written
from tscreen.screen.dataset.run_report import RunReport
from tscreen.screen.dataset.writing import PARQUET, STAGED, take_up
from tscreen.screen.errors import UsageError
from tscreen.screen.runs.throughput import Arrival, throughput
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.lock import is_left

SLOWEST = 5
STARTING, SCORING, SCREENING, ENDING, FINISHED, INTERRUPTED = (
    "starting",
    "scoring",
    "screening",
    "ending",
    "finished",
    "interrupted",
)
UNREADABLE = (OSError, pa.ArrowException)
"""What a file gives that is being replaced, or was taken away, while it is read."""


@dataclass(frozen=True)
class RunStatus:
    """What a run's folder says.

    Attributes:
        state: `starting`, `scoring` (all reactions are sampled before the least certain are
            chosen), `screening`, `ending` (all rows are written, the report is not), `finished`, or
            `interrupted`: nothing is at work in the folder, and there is no report.
        stalled: whether nothing has come for much longer than usual.
        rows: planned.
        done: rows written, results and rejects.
        scored: rows sampled and set aside until the least certain are chosen; None where the run
            does not do that, or is over.
        status: results by status.
        error_code: failed results by code.
        reject_code: rejects by code.
        reactions_per_s: of what the state names, lately; of a finished run, of its last part.
        over_s: the seconds that this was measured over.
        left_s: that the state will still last at this throughput.
        last_chunk_s: seconds since the last chunk came, None where none has.
        age_s: seconds since the run first began, until its end if it is over.
        slowest: `reaction_id`, `status` and `wall_s` of those that took longest.
        unreadable: files that could not be read this time.
        extension: what a finished run is being extended by, in the words of its report; all of the
            above is then said of that alone. None else.
    """

    state: str
    stalled: bool
    rows: int
    done: int
    scored: int | None
    status: dict[str, int]
    error_code: dict[str, int]
    reject_code: dict[str, int]
    reactions_per_s: float | None
    over_s: float | None
    left_s: float | None
    last_chunk_s: float | None
    age_s: float
    slowest: list[dict[str, Any]]
    unreadable: list[str]
    extension: str | None = None


@dataclass(frozen=True)
class Rows:
    """What one file holds."""

    rows: int
    status: Counter[str] = field(default_factory=Counter)
    error_code: Counter[str] = field(default_factory=Counter)
    reject_code: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str, str]] = field(default_factory=list)


class Observer:
    """Looks at a run's folder again and again, and reads each file once."""

    def __init__(self, folder: LocationLike):
        """Observe a folder.

        Raises:
            UsageError: the folder is not one that a run has written, or nothing there has a time.
        """
        self._run = Location.at(folder)
        self._turn_to(self._run)

    def _turn_to(self, out: Location) -> None:
        """Look at the folder of the run, or at that of its extension, from now on."""
        self._out = out
        self._tallies: dict[tuple[Location, float], Rows] = {}
        self._plan = plan_of(out)
        began = (out / PLAN).info.mtime_ns
        if began is None:
            raise UsageError(
                f"the storage of '{out}' does not say when files came; count with `tscreen query`"
            )
        self._began = began / 1e9

    def look(self, now: float) -> RunStatus:
        """What the folder says at a time, in seconds since the epoch."""
        left_alone = is_left(self._run)  # before the report is sought, lest the run end in between
        extension = self._run / EXTENSION
        at_work = extension if (extension / PLAN).exists() else self._run
        if at_work != self._out:
            self._turn_to(at_work)
        staged = (self._out / STAGED).listing()
        there = written(self._out)
        unreadable: list[str] = []
        tallies: dict[tuple[Location, float], Rows] = {}
        for files, read in (
            (there.tables.results.listed, partial(_of_results, there.tables.results)),
            (there.tables.rejects.listed, partial(_of_rejects, there.tables.rejects)),
            (staged, self._of_staged),
        ):
            for file in files:
                path, info = file
                changed = info.mtime_ns / 1e9
                try:
                    known = self._tallies.get((path, changed))
                    tallies[path, changed] = known or read(file)
                except UNREADABLE:
                    unreadable.append(path.name.removeprefix(f"{self._out}/"))
        self._tallies = tallies
        return self._status(there.report, unreadable, left_alone, now)

    def _of_staged(self, file: File) -> Rows:
        chunk = file[0].base.removesuffix(PARQUET)
        return Rows(take_up(chunk, self._out, [c.REACTION_ID]).num_rows)

    def _status(
        self, report: RunReport | None, unreadable: list[str], left_alone: bool, now: float
    ) -> RunStatus:
        staged: list[tuple[Arrival, Rows]] = []
        done_with: list[tuple[Arrival, Rows]] = []
        for (path, changed), tally in self._tallies.items():
            kept = staged if path.name.startswith(f"{self._out / STAGED}/") else done_with
            kept.append((Arrival(changed, tally.rows), tally))
        set_aside = [came for came, _ in staged]
        put = [came for came, _ in done_with]
        rows = self._plan["rows"]
        done, scored = _rows(put), _rows(set_aside)
        waits = self._plan["settings"].get("fallback_fraction") is not None
        last = max((came.at for came in [*set_aside, *put]), default=None)
        state, came, began = SCREENING, put, self._began
        if report:
            state = FINISHED
        elif left_alone:
            state = INTERRUPTED
        elif done >= rows:
            state = ENDING
        elif last is None:
            state = STARTING
        elif waits and scored < rows:
            state, came = SCORING, set_aside
        elif waits:
            began = max(came.at for came in set_aside)
        now_throughput = throughput(came, began, now)
        per_s = report.reactions_per_s if report else now_throughput.rows_per_s
        per_s = None if state == INTERRUPTED else per_s
        left = rows - (scored if state == SCORING else done)
        return RunStatus(
            state=state,
            stalled=now_throughput.stalled and state not in (FINISHED, INTERRUPTED),
            rows=rows,
            done=done,
            scored=scored if waits and not report else None,
            status=_added(tally.status for _, tally in done_with),
            error_code=_added(tally.error_code for _, tally in done_with),
            reject_code=_added(tally.reject_code for _, tally in done_with),
            reactions_per_s=per_s,
            over_s=None if report or per_s is None else now_throughput.over_s,
            left_s=0.0 if report else left / per_s if per_s else None,
            last_chunk_s=None if last is None else max(0.0, now - last),
            age_s=max(0.0, (self._ended() if report else now) - self._began),
            slowest=_slowest(tally for _, tally in done_with),
            unreadable=unreadable,
            extension=self._plan.get(EXTENSION),
        )

    def _ended(self) -> float:
        return (self._out / REPORT).info.mtime_ns / 1e9


def _of_results(files: Files, file: File) -> Rows:
    table = files.read(file, [c.REACTION_ID, c.STATUS, c.ERROR_CODE, c.WALL_S])
    largest = table.take(pc.select_k_unstable(table, SLOWEST, [(c.WALL_S, "descending")]))
    cells = [largest[name].to_pylist() for name in (c.WALL_S, c.REACTION_ID, c.STATUS)]
    return Rows(
        len(table),
        status=Counter(table[c.STATUS].to_pylist()),
        error_code=Counter(table[c.ERROR_CODE].drop_null().to_pylist()),
        slowest=list(zip(*cells, strict=True)),
    )


def _of_rejects(files: Files, file: File) -> Rows:
    codes = files.read(file, [c.CODE])[c.CODE].to_pylist()
    return Rows(len(codes), reject_code=Counter(codes))


def _rows(came: list[Arrival]) -> int:
    return sum(chunk.rows for chunk in came)


def _added(counters: Iterable[Counter[str]]) -> dict[str, int]:
    return dict(sum(counters, Counter()).most_common())


def _slowest(tallies: Iterable[Rows]) -> list[dict[str, Any]]:
    times = heapq.nlargest(SLOWEST, (entry for tally in tallies for entry in tally.slowest))
    return [{c.REACTION_ID: name, c.STATUS: status, c.WALL_S: s} for s, name, status in times]
