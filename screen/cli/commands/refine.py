"""`tscreen refine`: the saddle points of rows of a finished run."""

from typing import Annotated

import typer

from tscreen.actors.defaults import Effort
from tscreen.screen.cli.outcome import STRICT, tell


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(refine)


def refine(
    out: Annotated[str, typer.Argument(help="Folder of a finished run; path or URI.")],
    filter: Annotated[  # noqa: A002 - the name that the user reads
        str | None, typer.Option(help='SQL condition on columns, such as "p_good < 0.8".')
    ] = None,
    effort: Annotated[
        Effort | None, typer.Option(help="Of each search; by default that of the run.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Level of theory; by default that of the run.")
    ] = None,
    search_timeout: Annotated[
        float | None,
        typer.Option(min=1, help="Processor seconds for one search; by default as in the run."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Sampler processes.")] = None,
    gpus_per_sampler: Annotated[float | None, typer.Option(min=0, help="GPUs of each.")] = None,
    address: Annotated[str | None, typer.Option(help="Ray cluster to run on.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON only.")] = False,
    strict: STRICT = False,
) -> None:
    """Search saddle points of a finished run: those not searched so hard, or at this level, yet."""
    from tscreen.screen.engine.progress import best_show
    from tscreen.screen.runs.extending import refine_rows

    report = refine_rows(
        out,
        best_show(json),
        condition=filter,
        effort=effort,
        level=level,
        search_timeout=search_timeout,
        workers=workers,
        gpus_per_sampler=gpus_per_sampler,
        address=address,
    )
    tell(report, out, json=json, strict=strict)
