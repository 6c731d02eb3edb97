"""`tscreen train` and `tscreen evaluate`: the model's own tools, for a user's data too."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tscreen.model.correction.card import CARD as CORRECTION_CARD
from tscreen.model.correction.card import TENSORS as CORRECTION_TENSORS
from tscreen.model.inference.defaults import SAMPLES, STEPS, Sampling
from tscreen.model.weights import CARD, SHIPPED, TENSORS
from tscreen.screen.engine.progress import LogLines, Show
from tscreen.screen.errors import UsageError
from tscreen.screen.views.figures import correction_figures, figures, finished_figures
from tscreen.screen.views.shown import shown

if TYPE_CHECKING:
    from tscreen.model.correction.card import CorrectionCard
    from tscreen.model.evaluation.evaluation import Evaluation
    from tscreen.model.evaluation.finished import FinishedEvaluation
    from tscreen.model.inference.loading import TrainedModel
    from tscreen.model.reactions.data import DataSplit
    from tscreen.model.training.fitting import Watch
    from tscreen.model.training.training import Trainer, Validation

CONSOLE = Console(stderr=True)
LABELS = "gfn2-labels.parquet"
"""In the folder of a training run: GFN2-xTB at the stationary points of its rows."""


def register(app: typer.Typer) -> None:
    """Add both commands to the command line."""
    app.command()(train)
    app.command()(evaluate)


class Part(StrEnum):
    """What `tscreen train` trains."""

    ALL = "all"
    GENERATOR = "generator"
    CORRECTION = "correction"
    PROPOSALS = "proposals"


CORRECTION_SHARE = 0.25
"""Of the time where all is trained."""


def train(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Parquet files with ts_positions and split, and folders of runs into which "
            "quantum chemistry was absorbed."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint, learning curve and weights.")],
    max_minutes: Annotated[
        float, typer.Option(help="Of the whole run, resumed parts included.", min=0.1)
    ],
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in --out.")] = False,
    init: Annotated[
        str | None,
        typer.Option(
            help="Start from these weights: 'shipped', or a folder that train wrote. To be named "
            "again where such a run is resumed."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and noise.")] = 0,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all cores.")] = None,
    folds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Generators trained on a part each, whose errors on the rest teach the scorers; "
            "0: the scorers learn from rows that the one generator has not seen.",
        ),
    ] = 2,
    part: Annotated[
        Part,
        typer.Option(
            help="What to train: the generator with its scorers, the correction of GFN2-xTB, which "
            "needs no generator, the network that proposes steps to `tscreen explore`, which needs "
            "neither, or all but this one, where the correction gets a quarter of the time."
        ),
    ] = Part.ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Train generator, scorers and the correction of GFN2-xTB; writes weights into --out."""
    from tscreen.actors.quantum.single_points import SinglePointPool
    from tscreen.model.inference.loading import load_model, use_threads
    from tscreen.model.reactions.data import DataError
    from tscreen.model.training.fitting import Minutes, TrainingSource, finish
    from tscreen.model.training.training import CHECKPOINT
    from tscreen.model.weights import WeightsError

    use_threads(threads)
    data = [_table(one, out) for one in data]
    if part is Part.CORRECTION:
        _train_correction_alone(data, out, max_minutes, resume, init, seed, threads, as_json)
        return
    if part is Part.PROPOSALS:
        if init:
            raise UsageError("proposals start from no other weights; leave --init out")
        _train_proposals(data, out, max_minutes, resume, seed, as_json)
        return
    if folds == 1:
        raise UsageError("--folds 1 leaves its only generator nothing to learn; give 0 or 2")
    if resume != (out / CHECKPOINT).exists():
        raise UsageError(
            f"{out} holds no checkpoint to resume; leave --resume out"
            if resume
            else f"{out} holds a checkpoint already; add --resume or name another folder"
        )
    try:
        start = load_model(_folder(init)) if init else None
        correction_init = _with_correction(init) if init and part is Part.ALL else None
        source = TrainingSource.read(data)
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    _say_left_out(source.data.left_out)
    correction_share = CORRECTION_SHARE if part is Part.ALL else 0.0
    minutes = Minutes.of((1 - correction_share) * max_minutes, folds)
    runs = GeneratorRuns(source.data, out, seed, start, quiet=as_json)
    trainer = runs.whole(minutes.generator)
    if trainer.history and start is None:
        raise UsageError(
            f"{out} began with weights {trainer.history['version']}, from which the scorers start "
            "too; name them by --init"
        )
    parts = [runs.fold(k, folds, minutes.fold) for k in range(folds)]
    with SinglePointPool(threads) as single_points, _watch(as_json) as watch:
        try:
            card, evaluations = finish(
                trainer, parts, source, single_points, minutes=minutes, start=start, watch=watch
            )
        except DataError as error:
            raise UsageError(str(error)) from error
    metrics = dict(card.metrics)
    if not as_json:
        for name, evaluation in evaluations.items():
            CONSOLE.print(figures(evaluation, name))
    if part is Part.ALL:
        correction = _train_correction(
            source.data,
            data,
            out,
            correction_share * max_minutes,
            correction_init,
            seed,
            threads,
            as_json,
        )
        metrics["correction"] = correction.metrics
        if not as_json:
            CONSOLE.print(correction_figures(correction))
    if as_json:
        typer.echo(json.dumps({"version": card.version, "metrics": metrics}))
    else:
        CONSOLE.print(shown(f"weights and card written to {out}"))


def _folder(init: str | None) -> Path:
    """The folder of weights that --init names, by default the shipped ones."""
    return SHIPPED if init in (None, "shipped") else Path(init)


def _with_correction(init: str) -> Path | None:
    """The folder of weights to start from, None where no correction stands with them.

    Raises:
        WeightsError: The correction cannot be read.
    """
    from tscreen.model.correction.committee import load_committee

    folder = _folder(init)
    if not (folder / CORRECTION_CARD).exists():
        return None
    load_committee(folder)
    return folder


def _table(data: Path, out: Path) -> Path:
    """A file to train on; what was absorbed into a run is kept beside the checkpoint.

    So a run that is resumed has the same rows, though more was absorbed meanwhile.
    """
    if not data.is_dir():
        return data
    from tscreen.screen.handoff.references import references_of

    table = out / f"{data.resolve().name}.parquet"
    if not table.exists():
        references = references_of(data)
        out.mkdir(parents=True, exist_ok=True)
        references.write_parquet(table)
    return table


def _train_correction_alone(
    data: list[Path],
    out: Path,
    minutes: float,
    resume: bool,
    init: str | None,
    seed: int,
    threads: int | None,
    quiet: bool,
) -> None:
    from tscreen.model.correction.committee import load_committee
    from tscreen.model.reactions.data import DataError, load_split
    from tscreen.model.weights import WeightsError

    _resume_only_if_begun("correction", any(out.glob("correction-*.pt")), out, resume)
    generator = _folder(init)
    try:
        if init:
            load_committee(generator)
        split = load_split(data, any_structures=True)
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    _say_left_out(split.left_out)
    _complete(out, generator, (TENSORS, CARD))
    start = generator if init else None
    card = _train_correction(split, data, out, minutes, start, seed, threads, quiet)
    if quiet:
        typer.echo(json.dumps({"version": card.version, "metrics": card.metrics}))
    else:
        CONSOLE.print(correction_figures(card))
        CONSOLE.print(shown(f"weights and card written to {out}"))


def _resume_only_if_begun(name: str, begun: bool, out: Path, resume: bool) -> None:
    if resume != begun:
        raise UsageError(
            f"{out} holds no {name} to go on with; leave --resume out"
            if resume
            else f"{out} holds a {name} in training already; add --resume or name another folder"
        )


def _complete(out: Path, weights: Path, files: tuple[str, ...]) -> None:
    """Copy what is not there from other weights: a folder of weights has a generator too."""
    out.mkdir(parents=True, exist_ok=True)
    for name in files:
        if not (out / name).exists():
            shutil.copyfile(weights / name, out / name)


def _train_proposals(
    data: list[Path], out: Path, minutes: float, resume: bool, seed: int, quiet: bool
) -> None:
    from tscreen.model.inference.loading import best_device
    from tscreen.model.proposals.fitting import train_proposals
    from tscreen.model.proposals.training import CHECKPOINT
    from tscreen.model.reactions.data import DataError, load_split

    _resume_only_if_begun("network of proposals", (out / CHECKPOINT).exists(), out, resume)
    try:
        split = load_split(data)
        _say_left_out(split.left_out)
        with _watch(quiet) as watch:
            card = train_proposals(
                split,
                out,
                minutes=minutes,
                seed=seed,
                device=best_device(),
                on_progress=lambda done: watch("training the network of proposals", done),
            )
    except DataError as error:
        raise UsageError(str(error)) from error
    _complete(out, SHIPPED, (TENSORS, CARD, CORRECTION_TENSORS, CORRECTION_CARD))
    if quiet:
        typer.echo(json.dumps({"version": card.version, "metrics": card.metrics}))
    else:
        surprise = card.metrics["held_out_surprise"]
        told = f"surprise at held-out steps {surprise:.2f}; weights and card written to {out}"
        CONSOLE.print(shown(told))


def _train_correction(
    data: "DataSplit",
    tables: list[Path],
    out: Path,
    minutes: float,
    init: Path | None,
    seed: int,
    threads: int | None,
    quiet: bool,
) -> "CorrectionCard":
    """Label the rows by GFN2-xTB, or take the labels of a run before; train and calibrate.

    Where the training starts from a correction, in the folder ``init``, second derivatives are of
    the surface that this one corrects.
    """
    from tscreen.actors.labels import labels_of
    from tscreen.actors.quantum.levels import CORRECTED_LEVEL
    from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
    from tscreen.model.correction.committee import load_committee
    from tscreen.model.correction.training.fitting import CorrectionData, train_committee
    from tscreen.model.reactions.data import DataError
    from tscreen.screen.runs.calibrating import calibrate_correction

    rows = [*data.train, *data.held_out, *data.val]
    with _watch(quiet) as watch:
        points = labels_of(
            rows,
            out / LABELS,
            threads,
            on_progress=lambda done: watch("GFN2-xTB at the reference structures", done),
            curved_on=Surface(CORRECTED_LEVEL, weights=init) if init else DEFAULT_SURFACE,
        )
        try:
            labelled = CorrectionData.of(data, points)
        except DataError as error:
            raise UsageError(str(error)) from error
        _say_left_out(labelled.left_out)
        start = load_committee(init) if init else None
        train_committee(labelled, out, minutes=minutes, seed=seed, start=start, watch=watch)
    return calibrate_correction(tables, out, Show() if quiet else LogLines())


@dataclass(frozen=True)
class GeneratorRuns:
    """Trains generators on the same data; each goes on from its checkpoint if it has one.

    Attributes:
        data: all rows.
        out: folder of the run.
        seed: of the first generator; each fold has one of its own.
        init: weights to start from.
        quiet: shows nothing.
    """

    data: "DataSplit"
    out: Path
    seed: int
    init: "TrainedModel | None"
    quiet: bool

    def whole(self, minutes: float) -> "Trainer":
        """The generator that is shipped."""
        return self._train(self.data, self.out, self.seed, minutes, "generator")

    def fold(self, fold: int, folds: int, minutes: float) -> "Trainer":
        """The generator that has not seen one of the folds."""
        from tscreen.model.training.crossfit import without_fold

        part = without_fold(self.data, fold, folds)
        return self._train(
            part, self.out / f"fold-{fold}", self.seed + 1 + fold, minutes, f"fold {fold}"
        )

    def _train(
        self, data: "DataSplit", out: Path, seed: int, minutes: float, name: str
    ) -> "Trainer":
        from tscreen.model.inference.loading import best_device
        from tscreen.model.training.captured.trainer import trainer_on
        from tscreen.model.training.training import CHECKPOINT

        device = best_device()
        trainer = trainer_on(device)(
            data, out, max_minutes=minutes, seed=seed, device=device, init=self.init
        )
        if (out / CHECKPOINT).exists():
            trainer.resume()
        with _time_bar(f"training {name}", self.quiet) as bar:
            task = bar.add_task("no validation yet", total=minutes)

            def advance() -> None:
                bar.update(task, completed=trainer.progress.minutes)

            def show(point: "Validation") -> None:
                bar.update(task, description=point.text)
                if not CONSOLE.is_terminal and not self.quiet:
                    CONSOLE.print(shown(f"{name}, step {point.step}, {point.text}"))

            trainer.train(on_step=advance, on_validation=show)
        return trainer


@contextmanager
def _watch(quiet: bool) -> Iterator["Watch"]:
    """Shows what goes on after the generators' training, one bar for each name."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=CONSOLE,
        disable=quiet or not CONSOLE.is_terminal,
    )
    tasks: dict[str, TaskID] = {}

    def watch(name: str, done: float) -> None:
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=1.0)
            if not CONSOLE.is_terminal and not quiet:
                CONSOLE.print(name)
        bar.update(tasks[name], completed=done)

    with bar:
        yield watch


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
    _say_left_out(references.left_out)
    if results is not None:
        with _count_bar(as_json) as bar:
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
    with _count_bar(as_json) as bar:
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
        told = f"{len(left_out)} bad reactions left out, the first: {left_out[0]}"
        CONSOLE.print(shown(told))
