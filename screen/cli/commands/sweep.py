"""`tscreen sweep` and `tscreen rank`: candidates of one reaction, and the best of them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tscreen.screen.analysis.measures import TOP_K, By
from tscreen.screen.views.shown import visible

ROWS_FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(sweep)
    app.command()(rank)


def sweep(
    template: Annotated[
        Path,
        typer.Argument(
            help="YAML file: a reaction with slots; with --smarts a library of molecules."
        ),
    ],
    out: Annotated[str, typer.Option(help="Parquet file for the reactions; path or URI.")],
    smarts: Annotated[
        str | None,
        typer.Option(help="Reaction SMARTS that is applied to every molecule.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the conformers.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="The most processes; by default one per core.", show_default=False
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Ray cluster to build on; without it, this machine.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build every combination of a template: reactions with structures, ready for `tscreen run`."""
    from tscreen.screen.engine.progress import best_show
    from tscreen.screen.sweep.sweep import sweep as run_sweep

    show = best_show(as_json)
    report = run_sweep(template, out, seed, workers, address, show, smarts=smarts)
    counts = report["counts"]
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        codes = ", ".join(f"{code} {n}" for code, n in counts["reject_code"].items())
        told = (
            f"{counts['combinations']} combinations in {report['total_s']:.1f} s: "
            f"{counts['reactions']} reactions in '{report['reactions']}', "
            f"{counts['rejects']} rejects{f' ({codes})' if codes else ''}"
        )
        print(visible(told))
    if counts["rejects"]:
        raise typer.Exit(ROWS_FAILED)


def rank(
    out: Annotated[str, typer.Argument(help="Folder of a run over a sweep; path or URI.")],
    by: Annotated[
        By | None,
        typer.Option(
            help="What makes a candidate good; by default gibbs where most have it, else barrier.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Reference, such as a catalyst or the uncatalysed reaction: NAME or SLOT=NAME.",
            show_default=False,
        ),
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="How many are the best.")] = TOP_K,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank the candidates of a sweep, with intervals and the probability of being in the top k."""
    from rich.console import Console

    from tscreen.screen.analysis.ranking import rank as rankings_of
    from tscreen.screen.views.ranking_table import as_json_lines, as_table

    rankings = rankings_of(out, by, against, top_k)
    if as_json:
        print("[")
        for number, one in enumerate(rankings):
            if number:
                print(",")
            for line in as_json_lines(one, against, top_k):
                print(line)
        print("]")
        return
    for ranking in rankings:
        Console().print(as_table(ranking, against, top_k))
