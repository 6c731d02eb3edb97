"""What a run has done, for a reader."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tscreen.screen.dataset.run_report import Extension, RunReport, StageWork
from tscreen.screen.views.shown import shown, visible


def summary(report: RunReport) -> Group:
    """A run's report: its barriers, where its rows ended, its times or those of its extension."""
    counts, times = report.counts, report.times_s
    if report.extensions:
        last = report.extensions[-1]
        return Group(_extended(last), _barriers(report), *_outcomes(report), _stages(last.stages))
    headline = Text.assemble(
        (f"{counts.rows} reactions", "bold"),
        f" in {times.total:.1f} s: {counts.results} results, {counts.rejects} rejects, ",
        (f"{report.reactions_per_s:.2f} reactions/s", "bold"),
        f" (after {times.startup:.1f} s of start-up)",
    )
    return Group(headline, _barriers(report), *_outcomes(report), _stages(report.stages))


def _extended(last: Extension) -> Text:
    kept = f", {last.kept} verified rows kept as nothing better came" if last.kept else ""
    return Text.assemble(
        ("extended", "bold"),
        f" by {visible(last.what)}: {last.rows} rows in {last.times_s.total:.1f} s: {last.added} "
        f"results added, {last.replaced} replaced{kept}",
    )


def _outcomes(report: RunReport) -> list[Table]:
    counts = report.counts
    tables = []
    for title, tally in (
        ("status", counts.status),
        ("error", counts.error_code),
        ("reject", counts.reject_code),
    ):
        if tally:
            table = Table(title, "rows", header_style="bold")
            for name, number in tally.items():
                table.add_row(shown(name), str(number))
            table.columns[1].justify = "right"
            tables.append(table)
    return tables


def _barriers(report: RunReport) -> Text:
    barriers = report.barriers_kcal_mol
    if not barriers.count:
        return Text("no barriers")
    values = f"min {barriers.min:.1f}  median {barriers.median:.1f}  max {barriers.max:.1f}"
    known = barriers.half_width is not None
    width = f"  (90 % interval: ± {barriers.half_width:.1f} in the median)" if known else ""
    return Text(
        f"predicted barriers of {barriers.count} reactions, kcal/mol, {barriers.level}: "
        f"{values}{width}"
    )


def _stages(stages: dict[str, StageWork]) -> Table:
    table = Table("stage", "rows", "work, s", "s each", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, stage in stages.items():
        each = f"{stage.worker_s / stage.rows:.3f}" if stage.rows else "-"
        table.add_row(shown(name), str(stage.rows), f"{stage.worker_s:.1f}", each)
    return table
