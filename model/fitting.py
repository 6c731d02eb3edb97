"""From data to weights: train the generator, then the recommender, evaluate, write both."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from model.data import HELD_OUT_PERCENT, DataSplit, by_table, load_split
from model.defaults import SAMPLES, STEPS
from model.evaluation import Evaluation, evaluate
from model.loading import TrainedModel, save_model
from model.recommender_training import train_recommender
from model.training import Trainer
from model.weights import Card

RECOMMENDER_SHARE = 0.12  # of the time budget


@dataclass(frozen=True)
class TrainingSource:
    """The files and rows that a set of weights comes from."""

    paths: list[str]
    data: DataSplit

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "TrainingSource":
        """Load and split the tables; raises `model.data.DataError` on a bad one."""
        return cls([path.name for path in paths], load_split(paths))

    @property
    def elements(self) -> frozenset[int]:
        """Atomic numbers in the training rows."""
        return frozenset(int(z) for row in self.data.train for z in row.prepared.numbers)


def finish(
    trainer: Trainer, source: TrainingSource, *, recommender_minutes: float
) -> tuple[Card, dict[str, Evaluation]]:
    """Train the recommender on the held-out rows, evaluate each table's val rows, write all."""
    network = trainer.averaged().requires_grad_(False)
    recommender = train_recommender(
        network,
        source.data.held_out,
        minutes=recommender_minutes,
        seed=trainer.seed,
        device=trainer.device,
    )
    version = f"tscreen-{trainer.progress.step}-{trainer.progress.epoch}"
    card = Card(
        version=version,
        sha256="",
        elements=source.elements,
        network=asdict(network.config),
        training=_history(trainer, source, recommender_minutes),
    )
    model = TrainedModel(network, recommender, card)
    evaluations = {
        name: evaluate(
            model,
            rows,
            n_samples=SAMPLES,
            steps=STEPS,
            seed=trainer.seed,
            device=trainer.device,
        )[0]
        for name, rows in by_table(source.data.val).items()
    }
    card.metrics.update({name: {"split": "val", **asdict(e)} for name, e in evaluations.items()})
    return save_model(model, trainer.out), evaluations


def _history(
    trainer: Trainer, source: TrainingSource, recommender_minutes: float
) -> dict[str, object]:
    data = source.data
    return {
        **({"init": trainer.history} if trainer.history else {}),
        "data": source.paths,
        "train_rows": len(data.train),
        "recommender_rows": len(data.held_out),
        "recommender_rows_note": (
            f"{HELD_OUT_PERCENT} % of the training rows, by hash of reaction_id; the generator "
            "never saw them; a quarter of them calibrate, no val row does"
        ),
        "val_rows": len(data.val),
        "val_rows_note": "learning curve and final metrics only",
        "steps": trainer.progress.step,
        "epochs": trainer.progress.epoch,
        "generator_minutes": round(trainer.progress.minutes, 1),
        "recommender_minutes": math.ceil(10 * recommender_minutes) / 10,
        "device": trainer.device,
        "seed": trainer.seed,
    }
