"""`tscreen evaluate`: transition states and barriers beside those that are known."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group

from tscreen.model.inference.defaults import SAMPLES, STEPS, Sampling
from tscreen.screen.cli.training.showing import count_bar, say_left_out
from tscreen.screen.views.figures import figures, finished_figures

if TYPE_CHECKING:
    from tscreen.model.evaluation.evaluation import Evaluation
    from tscreen.model.evaluation.finished import FinishedEvaluation


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(evaluate)


def evaluate(
    data: Annotated[Path, typer.Argument(help="Parquet file with ts_positions.")],
    split: Annotated[str | None, typer.Option(help="Rows of this split; '' for all.")] = "val",
    samples: Annotated[int, typer.Option(help="Samples per reaction.", min=1)] = SAMPLES,
    steps: Annotated[int, typer.Option(help="Steps per sample.", min=1)] = STEPS,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    no_energies: Annotated[
        bool, typer.Option("--no-energies", help="Leave GFN2-xTB out: no barriers, none compared.")
    ] = False,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for pictures of reliability and risk.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of weights; default shipped.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder of a run: compare its results, refined ones too; sample none."),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare generated with reference transition states, and predicted with reference barriers.

    With --results those of a finished run, else what the model samples now.
    """
    from tscreen.screen.library.evaluating import known, of_model, of_results
    from tscreen.screen.views.plots import write_plots

    references = known(data, split or None)
    say_left_out(references.left_out)
    if results is not None:
        with count_bar(as_json) as bar:
            task = bar.add_task("searches from the references", total=None)
            finished = of_results(
                references.rows,
                results,
                energies=not no_energies,
                weights=weights,
                threads=threads,
                on_search=lambda done, total: bar.update(task, completed=done, total=total),
            )
        _print(finished, finished_figures(finished, data.stem), as_json)
        return
    with count_bar(as_json) as bar:
        task = bar.add_task("reactions", total=len(references.rows))
        evaluation, errors = of_model(
            references.rows,
            Sampling(samples, steps, seed),
            energies=not no_energies,
            weights=weights,
            threads=threads,
            on_batch=lambda done: bar.advance(task, done),
        )
    if plots:
        write_plots(evaluation, errors, plots)
    _print(evaluation, figures(evaluation, data.stem), as_json)


def _print(evaluation: "Evaluation | FinishedEvaluation", found: Group, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(evaluation)))
    else:
        Console().print(found)
