"""Training of the generator, the same on CPU and GPU."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tscreen.model.inference.loading import TrainedModel
from tscreen.model.networks.network import NetworkConfig, TransitionStateNetwork
from tscreen.model.reactions.batch import PreparedReaction, collate
from tscreen.model.reactions.data import (
    DataSplit,
    ReferenceReaction,
    batches_by_size,
    by_table,
)
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.training.checkpoints import ResumableTraining
from tscreen.model.training.fine_tuning import FINE_TUNING_PEAK
from tscreen.model.training.loop import MAX_PAIRS
from tscreen.model.training.losses import compute_losses, detached
from tscreen.model.training.training_draws import augment, draw, nearest, own_path

CHECKPOINT = "checkpoint.pt"
METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Validation:
    """One point of the learning curve.

    Attributes:
        val_rmsd: mean and median RMSD in Å of the deterministic one-step TS, for every table.
        train_losses: means since the last point; see `tscreen.model.training.losses.Losses`.
    """

    step: int
    epoch: int
    minutes: float
    val_rmsd: dict[str, tuple[float, float]]
    train_losses: list[float]

    @property
    def text(self) -> str:
        """As a line for people."""
        tables = [
            f"{name} {mean:.3f}/{median:.3f}" for name, (mean, median) in self.val_rmsd.items()
        ]
        return f"epoch {self.epoch}, val RMSD mean/median {', '.join(tables)} Å"


class Trainer(ResumableTraining[TransitionStateNetwork, PreparedReaction, Validation]):
    """Training of one generator."""

    def __init__(
        self,
        data: DataSplit,
        out: Path,
        *,
        max_minutes: float,
        seed: int = 0,
        device: str = "cpu",
        config: NetworkConfig | None = None,
        init: TrainedModel | None = None,
    ):
        """A new run of weights of size ``config``, or one that starts from those of ``init``."""
        torch.manual_seed(seed)
        network = TransitionStateNetwork(init.network.config if init else config)
        if init:
            network.load_state_dict(init.network.state_dict())
        rows = [row.prepared for row in data.train]
        super().__init__(network, rows, out, max_minutes=max_minutes, seed=seed, device=device)
        self.data = data
        self.history: dict[str, object] = {}  # of the weights it started from
        if init:
            self.history = {"version": init.card.version, **init.card.training}
            self.progress.peak = FINE_TUNING_PEAK

    @property
    def checkpoint(self) -> Path:
        """The file that a killed run goes on from."""
        return self.out / CHECKPOINT

    @property
    def curve(self) -> Path:
        """The file of the learning curve."""
        return self.out / METRICS

    def build(self, config: dict[str, Any]) -> TransitionStateNetwork:
        """A network of that size."""
        return TransitionStateNetwork(NetworkConfig(**config))

    def described(self) -> dict[str, Any]:
        """Its sizes, and the training of the weights that it started from."""
        return {"config": asdict(self.network.config), "history": self.history}

    def resume(self) -> dict[str, Any]:
        """Go on from the checkpoint, at its place in the time budget; returns what it tells."""
        state = super().resume()
        self.history = state["history"]
        return state

    def loss(self, rows: list[PreparedReaction], generator: torch.Generator) -> Tensor:
        """Of the trunk, and of the answers to starts and to points on their own way."""
        batch = augment(collate(rows).to(self.device), generator)
        draws = draw(batch, generator)
        trunk = self.network.trunk(batch)
        denoise = self.network.given(trunk, batch)
        starts = draws.part(slice(1)).join(nearest(draws.part(slice(1, None)), denoise, batch))
        first = denoise(starts.x, torch.zeros_like(starts.noise), starts.noise)
        second = denoise(*own_path(starts, first, batch, generator))
        losses = compute_losses(trunk, torch.cat([first, second]), batch)
        self.recent.append(detached(losses))
        return losses.total()

    def validate(self) -> Validation:
        """RMSD of the averaged weights on the validation rows, appended to the learning curve."""
        network = self.averaged()
        val_rmsd = {}
        for name, rows in by_table(self.data.val).items():
            values = one_step_rmsd(network, rows, self.device)
            val_rmsd[name] = (values.mean().item(), values.median().item())
        point = Validation(
            self.progress.step,
            self.progress.epoch,
            round(self.progress.minutes, 2),
            val_rmsd,
            self.recent_means(),
        )
        self.note(asdict(point))
        return point


@torch.no_grad()
def one_step_rmsd(
    network: TransitionStateNetwork, rows: Sequence[ReferenceReaction], device: str
) -> Tensor:
    """RMSD ``(R,)`` in Å, in no special order, of the TS made in one deterministic step."""
    values = []
    for indices in batches_by_size([row.prepared.n_atoms for row in rows], 4 * MAX_PAIRS):
        batch = collate([rows[i].prepared for i in indices]).to(device)
        assert batch.ts is not None
        start = build_prior(batch, midpoint(batch))
        zero = start.new_zeros(start.shape[:2])
        clean = network.given(network.trunk(batch), batch)(start, zero, zero)[0]
        values.append(rmsd(clean, batch.ts, batch.mask))
    return torch.cat(values)
