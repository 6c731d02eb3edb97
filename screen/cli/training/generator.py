"""`tscreen train`: generator and scorers, and the correction where all is trained."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tscreen.screen.cli.training import correction
from tscreen.screen.cli.training.order import TrainingOrder
from tscreen.screen.cli.training.showing import CONSOLE, say_left_out, time_bar, watching
from tscreen.screen.errors import UsageError
from tscreen.screen.views.figures import figures
from tscreen.screen.views.shown import shown

if TYPE_CHECKING:
    from tscreen.model.inference.loading import TrainedModel
    from tscreen.model.reactions.data import DataSplit
    from tscreen.model.training.training import Trainer, Validation

CORRECTION_SHARE = 0.25
"""Of the time where all is trained."""


def train_with_scorers(order: TrainingOrder, folds: int, *, with_correction: bool) -> None:
    """Train a generator, one for each of the folds, the scorers, and then the correction.

    Raises:
        UsageError: Options or data are wrong.
    """
    from tscreen.actors.quantum.single_points import SinglePointPool
    from tscreen.model.inference.loading import load_model
    from tscreen.model.reactions.data import DataError
    from tscreen.model.training.fitting import Minutes, TrainingSource, finish
    from tscreen.model.training.training import CHECKPOINT
    from tscreen.model.weights import WeightsError

    if folds == 1:
        raise UsageError("--folds 1 leaves its only generator nothing to learn; give 0 or 2")
    order.resume_only_if_begun("generator", (order.out / CHECKPOINT).exists())
    try:
        start = load_model(order.start) if order.init else None
        correction_init = correction.init_of(order) if with_correction else None
        source = TrainingSource.read(order.data)
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    say_left_out(source.data.left_out)
    share = CORRECTION_SHARE if with_correction else 0.0
    minutes = Minutes.of((1 - share) * order.minutes, folds)
    runs = GeneratorRuns(source.data, order, start)
    trainer = runs.whole(minutes.generator)
    if trainer.history and start is None:
        raise UsageError(
            f"{order.out} began with weights {trainer.history['version']}, from which the scorers "
            "start too; name them by --init"
        )
    parts = [runs.fold(k, folds, minutes.fold) for k in range(folds)]
    with SinglePointPool(order.threads) as single_points, watching(order.quiet) as watch:
        try:
            card, evaluations = finish(
                trainer, parts, source, single_points, minutes=minutes, start=start, watch=watch
            )
        except DataError as error:
            raise UsageError(str(error)) from error
    metrics = dict(card.metrics)
    if not order.quiet:
        for name, evaluation in evaluations.items():
            CONSOLE.print(figures(evaluation, name))
    if with_correction:
        corrected = correction.train(order, source.data, share * order.minutes, correction_init)
        metrics["correction"] = corrected.metrics
    order.tell(card.version, metrics)


@dataclass(frozen=True)
class GeneratorRuns:
    """Trains generators on the same data; each goes on from its checkpoint if it has one.

    Attributes:
        data: all rows.
        order: of the user; its seed is that of the first, each fold has one of its own.
        init: weights to start from.
    """

    data: "DataSplit"
    order: TrainingOrder
    init: "TrainedModel | None"

    def whole(self, minutes: float) -> "Trainer":
        """The generator that is shipped."""
        return self._train(self.data, self.order.out, self.order.seed, minutes, "generator")

    def fold(self, fold: int, folds: int, minutes: float) -> "Trainer":
        """The generator that has not seen one of the folds."""
        from tscreen.model.training.crossfit import without_fold

        part = without_fold(self.data, fold, folds)
        out, seed = self.order.out / f"fold-{fold}", self.order.seed + 1 + fold
        return self._train(part, out, seed, minutes, f"fold {fold}")

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
        with time_bar(f"training {name}", self.order.quiet) as bar:
            task = bar.add_task("no validation yet", total=minutes)

            def advance() -> None:
                bar.update(task, completed=trainer.progress.minutes)

            def show(point: "Validation") -> None:
                bar.update(task, description=point.text)
                if not CONSOLE.is_terminal and not self.order.quiet:
                    CONSOLE.print(shown(f"{name}, step {point.step}, {point.text}"))

            trainer.train(on_step=advance, on_validation=show)
        return trainer
