"""The command line: `tscreen`.

Exit codes: 0 all rows done, 1 some rows rejected or failed, 2 the command was used wrongly.
"""

import json as jsonlib
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from tscreen.actors.defaults import TIMEOUT_S
from tscreen.model.inference.defaults import SAMPLES, STEPS
from tscreen.schemas.status import Status
from tscreen.schemas.version import VERSION
from tscreen.screen.cli import (
    analytics_commands,
    report_commands,
    sweep_commands,
    training_commands,
)
from tscreen.screen.engine.settings import TEMPERATURE, Refine, Settings
from tscreen.screen.errors import BrokenOffError, UsageError

ROWS_FAILED = 1
WRONG_USE = 2

app = typer.Typer(
    help="Screen the transition states and barriers of many elementary reactions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; a wrong use or a broken run is one line, not a traceback."""
    try:
        app()
    except UsageError as error:
        print(f"tscreen: {as_options(str(error))}", file=sys.stderr)
        sys.exit(WRONG_USE)
    except BrokenOffError as error:
        print(f"tscreen: {error}", file=sys.stderr)
        sys.exit(ROWS_FAILED)


def as_options(message: str) -> str:
    """A message that names settings, with the names of the options in their place."""
    for name, option in {"energies=False": "--no-energies", **_OPTIONS}.items():
        message = message.replace(f"`{name}`", option)
    return message


_OPTIONS = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(Settings)}


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def run(
    input: Annotated[  # noqa: A002 - the name that the user reads
        str,
        typer.Argument(
            help="Parquet, CSV or XYZ file of reactions, or a folder of them; a path or a URI such "
            "as s3://bucket/reactions.parquet."
        ),
    ],
    out: Annotated[
        str, typer.Option(help="Folder for the results, or of a run to go on with; path or URI.")
    ],
    samples: Annotated[int, typer.Option(min=1, help="Samples of each reaction.")] = SAMPLES,
    steps: Annotated[int, typer.Option(min=1, help="Integration steps of each sample.")] = STEPS,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    refine: Annotated[
        Refine | None,
        typer.Option(
            help="Search and verify the saddle points of all reactions (unless told), of the "
            "uncertain ones, or of none.",
            show_default=False,
        ),
    ] = None,
    min_p_good: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Refine the uncertain: those below this p_good.", show_default=False
        ),
    ] = None,
    fallback_fraction: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Refine the uncertain: the share of the lowest p_good, 0.14 unless told.",
            show_default=False,
        ),
    ] = None,
    no_energies: Annotated[
        bool,
        typer.Option("--no-energies", help="Leave GFN2-xTB out: no barriers, nothing refined."),
    ] = False,
    level: Annotated[
        str | None,
        typer.Option(
            help="Level of theory of searches: gfn2-xtb+delta (with the correction of the weights, "
            "by default where they have one), gfn2-xtb, gfn1-xtb, wb97x-d3/def2-svp.",
            show_default=False,
        ),
    ] = None,
    search_timeout: Annotated[
        float, typer.Option(min=1, help="Processor seconds for the search of one reaction.")
    ] = TIMEOUT_S,
    temperature: Annotated[
        float, typer.Option(min=1, help="Of rate constants and thermochemistry, in K.")
    ] = TEMPERATURE,
    filter: Annotated[  # noqa: A002 - the name that the user reads
        str | None, typer.Option(help="SQL condition on columns, such as \"split = 'val'\".")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read only the first rows.")] = None,
    max_atoms: Annotated[int, typer.Option(min=2, help="Reject larger reactions.")] = 100,
    partition_by: Annotated[
        list[str] | None,
        typer.Option(
            help="Tag or column whose values the results lie in folders by; may be repeated.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Sampler processes; by default one per GPU or core.", show_default=False
        ),
    ] = None,
    gpus_per_sampler: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="GPUs of a sampler, such as 0.25 for four on one; by default 1 if there are any.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Ray cluster to run on; without it, this machine.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of weights; without it, the shipped ones.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON only.")] = False,
) -> None:
    """Screen reactions: transition states, their certainty and their barriers."""
    from rich.console import Console

    from tscreen.screen.engine.progress import best_show
    from tscreen.screen.runs.run import run as run_screen
    from tscreen.screen.views.summary import summary

    settings = Settings(
        input=input,
        out=out,
        samples=samples,
        steps=steps,
        seed=seed,
        refine=refine,
        min_p_good=min_p_good,
        fallback_fraction=fallback_fraction,
        energies=not no_energies,
        level=level,
        search_timeout=search_timeout,
        temperature=temperature,
        filter=filter,
        limit=limit,
        max_atoms=max_atoms,
        partition_by=partition_by or [],
        workers=workers,
        gpus_per_sampler=gpus_per_sampler,
        address=address,
        weights=weights.resolve() if weights else None,
    )
    report = run_screen(settings, best_show(json))
    if json:
        print(jsonlib.dumps(report, indent=2))
    else:
        Console().print(summary(report))
    counts = report["counts"]
    if counts["rejects"] or counts["status"].get(Status.FAILED):
        raise typer.Exit(ROWS_FAILED)


@app.command()
def top(
    out: Annotated[str, typer.Argument(help="Folder of a run; path or URI.")],
    by: Annotated[str, typer.Option(help="Column to rank by.")] = "barrier_kcal_mol",
    n: Annotated[int, typer.Option("-n", min=1, help="How many reactions.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the best reactions of a run."""
    from rich.console import Console

    from tscreen.screen.analysis.top import as_table, best

    rows = best(out, by, n)
    if json:
        print(jsonlib.dumps(rows.to_dicts(), indent=2, default=str))
    else:
        Console().print(as_table(rows))


@app.command()
def check(
    out: Annotated[str, typer.Argument(help="Folder of a run; path or URI.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """See whether a run's output is whole: every row once, in files of the right schema."""
    from tscreen.screen.dataset.check import check as problems_of

    problems = problems_of(out)
    if json:
        print(jsonlib.dumps({"problems": problems}, indent=2))
    else:
        print("\n".join(problems) or f"'{out}' is whole")
    if problems:
        raise typer.Exit(ROWS_FAILED)


training_commands.register(app)
analytics_commands.register(app)
sweep_commands.register(app)
report_commands.register(app)
