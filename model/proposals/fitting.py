"""From reference reactions to a network that proposes steps, on disk."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tscreen.model.proposals.card import ProposalCard
from tscreen.model.proposals.loading import save_proposals
from tscreen.model.proposals.steps import KnownStep, known_steps
from tscreen.model.proposals.training import ProposalTrainer
from tscreen.model.reactions.data import DataError, DataSplit, by_table


def train_proposals(
    data: DataSplit,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    device: str = "cpu",
    on_progress: Callable[[float], None] = lambda _: None,
) -> ProposalCard:
    """Train on the steps of the training rows, or go on where that was left; write the weights.

    The rows that are held out from the generator make the learning curve; the validation rows are
    not looked at.

    Raises:
        DataError: no row is one of neutral closed shells whose bonds change.
    """
    rows, held_out = known_steps(data.train), known_steps(data.held_out)
    if not rows or not held_out:
        raise DataError(
            f"{len(rows)} training steps and {len(held_out)} that are held out can teach what to "
            "propose; both are needed, of neutral closed shells, with bonds that change"
        )
    trainer = ProposalTrainer(rows, held_out, out, max_minutes=minutes, seed=seed, device=device)
    if trainer.checkpoint.exists():
        trainer.resume()
    trainer.train(on_step=lambda: on_progress(trainer.budget_used))
    card = ProposalCard(
        version=f"propose-{trainer.progress.step}",
        sha256="",
        network=asdict(trainer.network.config),
        elements=frozenset(int(z) for row in rows for z in row.prepared.numbers),
        max_atoms=max(row.n_atoms for row in rows),
        training=_history(trainer, data, rows),
        metrics={"held_out_surprise": trainer.least, "held_out_steps": len(held_out)},
    )
    return save_proposals(trainer.chosen(), card, out)


def _history(trainer: ProposalTrainer, data: DataSplit, rows: list[KnownStep]) -> dict[str, Any]:
    return {
        "train_rows": {name: len(part) for name, part in by_table(data.train).items()},
        "train_steps": len(rows),
        "train_steps_note": "from the reactant and from the product of each row",
        "steps": trainer.progress.step,
        "epochs": trainer.progress.epoch,
        "minutes": round(trainer.progress.minutes, 1),
        "seed": trainer.seed,
    }
