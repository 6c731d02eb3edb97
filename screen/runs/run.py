"""One run: plan, screen, count, report."""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from tscreen.schemas.version import VERSION
from tscreen.screen.analysis.barriers import barriers_of
from tscreen.screen.dataset.compaction import clear, compact
from tscreen.screen.dataset.output import PLAN, report_of, whole, write_report
from tscreen.screen.dataset.partitions import check_partitions
from tscreen.screen.dataset.run_report import RunReport
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Retry, Settings
from tscreen.screen.engine.stages import Stages, level_of, shipped
from tscreen.screen.engine.time_limits import too_slow
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import passed_over, plan
from tscreen.screen.runs.extending import add, retry_rows
from tscreen.screen.runs.resume import begin, describe
from tscreen.screen.runs.screening import block_rows, counted, screened
from tscreen.screen.runs.standard_input import input_of
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked
from tscreen.screen.views.shown import visible


def run(
    settings: Settings, show: Show, stages: Stages | None = None, retry: Retry | None = None
) -> RunReport:
    """Screen all reactions of `settings.input` into `settings.out`, or go on where it was left.

    A run that is finished is extended by the reactions of the input that it has not screened.

    Args:
        settings: what is wanted.
        show: how progress is shown.
        stages: other stages than the shipped ones, for tests.
        retry: search these rows of a finished run again, in place of reading the input.

    Returns:
        What is also written to `run.json`.

    Raises:
        UsageError: the settings cannot be met, or the folder holds another run; nothing was
            written.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    started, started_at = time.monotonic(), datetime.now(UTC)
    settings = replace(settings, level=level_of(settings))  # as the run is described from now on
    stages = stages or shipped(settings)
    out = Location.at(settings.out)
    if retry is not None:
        return retry_rows(settings, retry, stages, show)
    sources = [input_of(one, out) for one in settings.inputs]
    planned = plan(
        sources,
        block_rows=block_rows(sources),
        filter=settings.filter,
        limit=settings.limit,
    )
    if planned.passed_over:
        print(f"tscreen: {visible(passed_over(planned))}", file=sys.stderr)
    if not planned.n_rows:
        raise UsageError(f"no row of {settings.inputs_named} meets filter {settings.filter!r}")
    check_partitions(settings.partition_by, planned.sources)
    if (out / PLAN).exists() and report_of(whole(out)) is not None:
        return add(settings, planned, stages, show)
    if told := too_slow(settings, planned.atoms):
        print(f"tscreen: {visible(told)}", file=sys.stderr)
    described = describe(settings, stages.weights, planned)
    begin(out, described)
    with locked(out):
        begin(out, described)  # again, as two that came at once may both have begun
        if (finished := report_of(out)) is not None:  # by another process, meanwhile
            return finished
        made = screened(
            settings,
            stages,
            planned,
            show,
            lambda chunks, follow: compact(out, chunks, settings.partition_by, follow),
            started=started,
            log=out,
        )
        results = made.tables.results
        report = RunReport(
            version=VERSION,
            started_at=started_at.isoformat(timespec="seconds"),
            seed=settings.seed,
            settings=settings.as_json(),
            weights=stages.weights,
            workers=made.workers,
            counts=counted(made.tables, planned.n_rows, out),
            rows_done_before=made.rows_before,
            barriers_kcal_mol=barriers_of(results.frame()),
            partitions={column.name: str(column.type) for column in results.partitions},
            times_s=made.times,
            stages=made.stages,
            reactions_per_s=made.rows / made.times.screening,
        )
        write_report(report, out, made.tables)
        clear(out)
        return report
