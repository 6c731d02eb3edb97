"""`tscreen train` and `tscreen evaluate`: the model's own tools, for a user's data too."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from model.defaults import SAMPLES, STEPS
from screen.errors import UsageError

if TYPE_CHECKING:
    from model.evaluation import Distribution, Evaluation
    from model.training import Trainer, Validation

CONSOLE = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add both commands to the command line."""
    app.command()(train)
    app.command()(evaluate)


def train(
    data: Annotated[list[Path], typer.Argument(help="Parquet files with ts_positions and split.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint, learning curve and weights.")],
    max_minutes: Annotated[
        float, typer.Option(help="Of the whole run, resumed parts included.", min=0.1)
    ],
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in --out.")] = False,
    init: Annotated[
        str | None,
        typer.Option(help="Start from these weights: 'shipped', or a folder that train wrote."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and noise.")] = 0,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Train generator and recommender within a time budget; writes weights and card into --out."""
    from model.data import DataError
    from model.fitting import RECOMMENDER_SHARE, TrainingSource, finish
    from model.loading import best_device, load_model, use_threads
    from model.training import CHECKPOINT, Trainer
    from model.training import train as train_generator
    from model.weights import WeightsError

    use_threads(threads)
    if resume and init:
        raise UsageError("--init is for a new run; a resumed one goes on from its checkpoint")
    if resume != (out / CHECKPOINT).exists():
        raise UsageError(
            f"{out} holds no checkpoint to resume; leave --resume out"
            if resume
            else f"{out} holds a checkpoint already; add --resume or name another folder"
        )
    try:
        start = load_model(None if init == "shipped" else Path(init)) if init else None
        source = TrainingSource.read(data)
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    _say_left_out(source.data.left_out)
    recommender_minutes = RECOMMENDER_SHARE * max_minutes
    trainer = Trainer(
        source.data,
        out,
        max_minutes=max_minutes - recommender_minutes,
        seed=seed,
        device=best_device(),
        init=start,
    )
    if resume:
        trainer.resume()
    with _time_bar("training", as_json) as bar:
        task = bar.add_task("no validation yet", total=trainer.max_minutes)

        def advance(now: "Trainer") -> None:
            bar.update(task, completed=now.progress.minutes)

        def show(point: "Validation") -> None:
            bar.update(task, description=point.text)
            if not CONSOLE.is_terminal and not as_json:
                CONSOLE.print(f"step {point.step}, {point.text}")

        train_generator(trainer, on_step=advance, on_validation=show)
    with CONSOLE.status("training the recommender"):
        card, evaluations = finish(trainer, source, recommender_minutes=recommender_minutes)
    if as_json:
        typer.echo(json.dumps({"version": card.version, "metrics": card.metrics}))
    else:
        for name, evaluation in evaluations.items():
            CONSOLE.print(_figures(evaluation, name))
        CONSOLE.print(f"weights and card written to {out}")


def evaluate(
    data: Annotated[Path, typer.Argument(help="Parquet file with ts_positions.")],
    split: Annotated[str | None, typer.Option(help="Rows of this split; '' for all.")] = "val",
    samples: Annotated[int, typer.Option(help="Samples per reaction.", min=1)] = SAMPLES,
    steps: Annotated[int, typer.Option(help="Steps per sample.", min=1)] = STEPS,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    weights: Annotated[
        Path | None, typer.Option(help="Folder of weights; default shipped.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare generated with reference transition states."""
    from model.data import DataError, load_reference
    from model.evaluation import evaluate as evaluate_model
    from model.loading import best_device, load_model, use_threads
    from model.weights import WeightsError

    use_threads(threads)
    try:
        references = load_reference(data, split or None)
        model = load_model(weights, best_device())
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    _say_left_out(references.left_out)
    with _count_bar(as_json) as bar:
        task = bar.add_task("reactions", total=len(references.rows))
        evaluation, _ = evaluate_model(
            model,
            references.rows,
            n_samples=samples,
            steps=steps,
            seed=seed,
            device=best_device(),
            on_batch=lambda done: bar.advance(task, done),
        )
    if as_json:
        typer.echo(json.dumps(asdict(evaluation)))
    else:
        Console().print(_figures(evaluation, data.stem))


def _time_bar(name: str, quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn(name),
        BarColumn(),
        TextColumn("{task.completed:.1f} of {task.total:.1f} min, left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=CONSOLE,
        disable=quiet or not CONSOLE.is_terminal,
    )


def _count_bar(quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=CONSOLE,
        disable=quiet or not CONSOLE.is_terminal,
    )


def _say_left_out(left_out: list[str]) -> None:
    """Name bad rows on standard error; they cost only themselves."""
    if left_out:
        CONSOLE.print(f"{len(left_out)} bad reactions left out, the first: {left_out[0]}")


def _figures(evaluation: "Evaluation", name: str) -> Table:
    """The figures as a table, the honest one first."""
    table = Table(
        title=f"{name}: {evaluation.n_reactions} reactions, {evaluation.n_samples} samples, "
        f"steps each: {evaluation.steps}; RMSD in Å from the reference TS",
        caption=f"{evaluation.samples_per_second:.1f} samples/s; mean p_good "
        f"{evaluation.p_good_mean:.2f}, share under 0.2 Å {evaluation.good_share:.2f}; rank "
        f"correlation of expected and true RMSD {evaluation.spearman_expected_true or 0:.2f}",
    )
    table.add_column("transition state")
    for name in ("mean", "median", "< 0.1 Å", "< 0.2 Å", "< 0.5 Å"):
        table.add_column(name, justify="right")
    rows: list[tuple[str, Distribution | None]] = [
        ("recommended (Kabsch, atoms as mapped)", evaluation.recommended),
        ("  one product", evaluation.one_product),
        ("  several products", evaluation.several_products),
        ("recommended, permissive (permutations, mirror, cut at 1 Å)", evaluation.permissive),
        ("deterministic sample", evaluation.first_sample),
        ("mean over samples", evaluation.mean_of_samples),
        ("best of the samples (oracle)", evaluation.best_of_samples),
        ("prior alone", evaluation.prior),
    ]
    for name, values in rows:
        if values is not None:
            shares = [f"{100 * share:.1f} %" for share in values.under.values()]
            table.add_row(name, f"{values.mean:.3f}", f"{values.median:.3f}", *shares)
    return table
