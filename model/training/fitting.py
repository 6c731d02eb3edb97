"""From data to weights: generators, the scorers of their samples, figures, and the files."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tscreen.model.evaluation.evaluation import Evaluation, evaluate
from tscreen.model.evaluation.scorers import calibrate
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import TrainedModel, save_model
from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.network import TransitionStateNetwork
from tscreen.model.networks.recommender import Recommender
from tscreen.model.reactions.data import (
    HELD_OUT_PERCENT,
    DataError,
    DataSplit,
    ReferenceReaction,
    by_table,
    load_split,
)
from tscreen.model.reactions.energies import SinglePoints
from tscreen.model.training.assessor_training import levels_of, train_assessor, usable
from tscreen.model.training.crossfit import rows_of_fold, score_until
from tscreen.model.training.fine_tuning import (
    FINE_TUNING_PEAK,
    assessor_from,
    recommender_from,
)
from tscreen.model.training.recommender_training import train_recommender
from tscreen.model.training.scored import ScoredReaction
from tscreen.model.training.training import Trainer
from tscreen.model.weights import Card, Level
from tscreen.model.weights.kinds import kinds_in
from tscreen.model.weights.seen import Seen, joined


@dataclass(frozen=True)
class Minutes:
    """How a time budget is shared out.

    Attributes:
        generator: to train the generator that is shipped.
        fold: to train each generator of the folds.
        scoring: to sample and compute energies for the scorers.
        scorer: to train each of the two scorers.
    """

    generator: float
    fold: float
    scoring: float
    scorer: float

    @classmethod
    def of(cls, total: float, folds: int) -> "Minutes":
        """Half of the time to the generator, a quarter to folds, the rest to the scorers.

        Without folds both get more.
        """
        if not folds:
            return cls(0.6 * total, 0.0, scoring=0.16 * total, scorer=0.12 * total)
        return cls(0.5 * total, 0.25 * total / folds, scoring=0.07 * total, scorer=0.09 * total)


@dataclass(frozen=True)
class TrainingSource:
    """The files and rows that a set of weights comes from."""

    paths: list[str]
    data: DataSplit

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "TrainingSource":
        """Load and split the tables.

        Raises:
            tscreen.model.reactions.data.DataError: one of them is bad.
        """
        return cls([path.name for path in paths], load_split(paths))

    @property
    def seen(self) -> list[Seen]:
        """Kinds of the training rows."""
        return kinds_in(row.reaction for row in self.data.train)


Watch = Callable[[str, float], None]
"""Told the name of what is going on, and which share of it is done."""


@dataclass(frozen=True)
class Sampled:
    """Rows that the scorers learn from, and the generator that samples them."""

    generator: TransitionStateNetwork
    rows: Sequence[ReferenceReaction]
    unseen: bool = True


def collect_scored(
    network: TransitionStateNetwork,
    folds: Sequence[TransitionStateNetwork],
    data: DataSplit,
    single_points: SinglePoints,
    *,
    minutes: float,
    seed: int,
    watch: Watch,
) -> list[ScoredReaction]:
    """Samples that show real errors: each training row by a generator that has not seen it.

    That is ``network`` for the held-out rows, and for the others the one of ``folds`` that was not
    trained on their fold. Without folds ``network`` samples the rows it was trained on, too, in
    half of the time; these teach barriers alone.
    """
    parts = [Sampled(network, data.held_out)]
    parts += [Sampled(g, rows_of_fold(data, k, len(folds))) for k, g in enumerate(folds)]
    total = sum(len(part.rows) for part in parts)
    if not total:
        raise DataError(
            f"{len(data.train)} training reactions leave none to train the scorers on; give more "
            "than a few dozen, or --folds 2"
        )
    shares = [len(part.rows) / total for part in parts]
    if not folds:
        parts, shares = [*parts, Sampled(network, data.train, unseen=False)], [0.5, 0.5]
        total += len(data.train)
    start, scored, done, share = time.monotonic(), [], 0, 0.0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        watch("sampling for the scorers", done / total)

    for part, own_share in zip(parts, shares, strict=True):
        share += own_share
        scored += score_until(
            part.generator,
            part.rows,
            single_points,
            deadline=start + 60 * minutes * share,
            seed=seed,
            unseen=part.unseen,
            on_progress=advance,
        )
    return scored


def finish(
    trainer: Trainer,
    folds: Sequence[Trainer],
    source: TrainingSource,
    single_points: SinglePoints,
    *,
    minutes: Minutes,
    start: TrainedModel | None = None,
    watch: Watch = lambda _name, _done: None,
) -> tuple[Card, dict[str, Evaluation]]:
    """Train and calibrate the scorers, evaluate each table's val rows, write the weights.

    ``trainer`` and ``folds`` have trained the generators; ``start`` are the weights that they
    started from, and that the scorers start from.
    """
    seed, device, sampling = trainer.seed, trainer.device, Sampling(seed=trainer.seed)
    network = trainer.averaged()
    scoring = collect_scored(
        network,
        [fold.averaged() for fold in folds],
        source.data,
        single_points,
        minutes=minutes.scoring,
        seed=seed,
        watch=watch,
    )
    model, levels = _train_scorers(network, scoring, minutes.scorer, seed, device, start, watch)
    watch("calibrating", 0.0)
    # Of very few validation rows the hash may choose none.
    calibrating = [row for row in source.data.val if row.calibrates] or source.data.val
    training = [row.reference for row in scoring]
    found = calibrate(model, calibrating, training, levels, single_points, sampling)
    card = Card(
        version=f"tscreen-{trainer.progress.step}-{trainer.progress.epoch}-{len(scoring)}",
        sha256="",
        seen=joined(source.seen, start.card.seen if start else []),
        network=asdict(network.config),
        recommender=asdict(model.recommender.config),
        assessor=asdict(model.assessor.config),
        n_members=len(model.assessor.members),
        levels=[_with_earlier(level, start) for level in found],
        training=_history(trainer, folds, source, scoring, calibrating, minutes),
    )
    model = replace(model, card=card)
    evaluations = _evaluate_tables(model, source, single_points, sampling, watch)
    card.metrics.update({name: {"split": "val", **asdict(e)} for name, e in evaluations.items()})
    return save_model(model, trainer.out), evaluations


def _with_earlier(level: Level, start: TrainedModel | None) -> Level:
    """A level that also covers what the weights that the scorers start from have learnt of it."""
    for known in start.card.levels if start else ():
        if known.name == level.name:
            seen, most = joined(level.seen, known.seen), max(level.max_atoms, known.max_atoms)
            return replace(level, seen=seen, max_atoms=most)
    return level


def _evaluate_tables(
    model: TrainedModel,
    source: TrainingSource,
    single_points: SinglePoints,
    sampling: Sampling,
    watch: Watch,
) -> dict[str, Evaluation]:
    """Figures on the val rows of each table."""
    evaluations = {}
    for name, rows in by_table(source.data.val).items():
        watch(f"evaluating {name}", 0.0)
        evaluations[name], _ = evaluate(model, rows, single_points, sampling)
    return evaluations


def _train_scorers(
    network: TransitionStateNetwork,
    scoring: Sequence[ScoredReaction],
    minutes: float,
    seed: int,
    device: str,
    start: TrainedModel | None,
    watch: Watch,
) -> tuple[TrainedModel, list[str]]:
    """The model with trained but uncalibrated scorers, and the levels of its barriers."""
    peak = FINE_TUNING_PEAK if start else 1.0
    recommender = (recommender_from(start) if start else Recommender()).to(device)
    train_recommender(
        recommender,
        [row for row in scoring if row.unseen],
        minutes=minutes,
        seed=seed,
        peak=peak,
        on_progress=lambda done: watch("training the recommender", done),
    )
    rows = usable(scoring)
    if not rows:
        raise DataError(
            "GFN2-xTB gave no energies for any of the training reactions, so barriers cannot be "
            "learnt; check the charges and multiplicities of the data"
        )
    levels = levels_of(rows)
    fresh = Assessor(len(levels)) if start is None else assessor_from(start, levels)
    assessor = fresh.to(device)
    train_assessor(
        assessor,
        rows,
        levels,
        minutes=minutes,
        seed=seed,
        peak=peak,
        on_progress=lambda done: watch("training the assessor", done),
    )
    for scorer in (recommender, assessor):
        scorer.requires_grad_(False)
    draft = Card("", "", [], {}, {}, {}, 0)
    return TrainedModel(network, recommender, draft, assessor), levels


def _history(
    trainer: Trainer,
    folds: Sequence[Trainer],
    source: TrainingSource,
    scoring: Sequence[ScoredReaction],
    calibrating: Sequence[ReferenceReaction],
    minutes: Minutes,
) -> dict[str, object]:
    data = source.data
    return {
        **({"init": trainer.history} if trainer.history else {}),
        "data": source.paths,
        "train_rows": len(data.train),
        "scored_rows": sum(row.unseen for row in scoring),
        "scored_rows_note": (
            "training rows, each sampled by a generator that was not trained on it: "
            f"{HELD_OUT_PERCENT} % were held out by hash of reaction_id from the one that is "
            f"shipped, the others are sampled by {len(folds)} fold generators"
        ),
        "barrier_rows": sum(not row.unseen for row in scoring),
        "barrier_rows_note": "more training rows, which the generator knows; for barriers alone",
        "calibration_rows": len(calibrating),
        "calibration_rows_note": (
            "val rows whose hash of reaction_id is even: they set p_good, expected_rmsd and the "
            "intervals, no other weight; figures about these come from the other val rows"
        ),
        "val_rows": len(data.val),
        "val_rows_note": "learning curve, calibration (see above) and final metrics",
        "steps": trainer.progress.step,
        "epochs": trainer.progress.epoch,
        "generator_minutes": round(trainer.progress.minutes, 1),
        "fold_minutes": [round(fold.progress.minutes, 1) for fold in folds],
        "scorer_minutes": round(minutes.scorer, 1),
        "device": trainer.device,
        "seed": trainer.seed,
    }
