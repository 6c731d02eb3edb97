"""Training of the network that proposes steps."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tscreen.model.proposals.network import ProposalConfig, ProposalNetwork
from tscreen.model.proposals.steps import KnownStep
from tscreen.model.reactions.batch import ReactionBatch, collate
from tscreen.model.reactions.data import batches_by_size
from tscreen.model.training.checkpoints import ResumableTraining
from tscreen.model.training.loop import MAX_PAIRS
from tscreen.model.training.training_draws import augment

CHECKPOINT = "proposals.pt"
CURVE = "proposals.jsonl"


@dataclass(frozen=True)
class Orders:
    """Changes of each reactant in one random order, as what is known and what comes next.

    Attributes:
        changed: so far, at each of S stages, ``(S, P)`` bool.
        following: share of each pair in what may come next ``(S, P)``; zero after the last change.
        ended: one ``(S, B)`` where all changes are made.
    """

    changed: Tensor
    following: Tensor
    ended: Tensor

    @classmethod
    def draw(
        cls, steps: Sequence[KnownStep], batch: ReactionBatch, generator: torch.Generator
    ) -> "Orders":
        """A random order for each of the reactants of ``batch``."""
        _, n = batch.shape
        stages = 1 + max(len(step.changes) for step in steps)
        changed = torch.zeros(stages, len(batch.upper), dtype=torch.bool)
        following, ended = torch.zeros(changed.shape), torch.zeros(stages, len(steps))
        pair_of = batch.pair_of.cpu()
        for row, step in enumerate(steps):
            i, j = torch.from_numpy(step.changes).unbind(1)
            pairs = pair_of[(row * n + i) * n + j]
            pairs = pairs[torch.randperm(len(pairs), generator=generator)]
            for k in range(len(pairs)):
                following[k, pairs[k:]] = 1.0 / (len(pairs) - k)
                changed[k + 1 :, pairs[k]] = True
            ended[len(pairs), row] = 1.0
        device = batch.mask.device
        return cls(changed.to(device), following.to(device), ended.to(device))


def surprise(network: ProposalNetwork, batch: ReactionBatch, orders: Orders) -> Tensor:
    """Minus the log-probability of a reactant's changes in a random order, mean over the batch.

    At every stage any of the changes that are left would be right, each with the same share.
    """
    following, end = network(network.read(batch), orders.changed, batch)
    told = (orders.following * following).sum() + (orders.ended * end).sum()
    return -told / batch.shape[0]


class ProposalTrainer(ResumableTraining[ProposalNetwork, KnownStep, dict[str, Any]]):
    """Training on known steps; those held out make the learning curve, and choose its best point.

    A network that is trained on learns the steps of the training rows by heart: from 5.0 at its
    best the surprise at held-out ones rose to 5.5 while that at training steps fell.
    """

    validate_every_minutes = 4.0

    def __init__(
        self,
        rows: Sequence[KnownStep],
        held_out: Sequence[KnownStep],
        out: Path,
        *,
        max_minutes: float,
        seed: int = 0,
        device: str = "cpu",
        config: ProposalConfig | None = None,
    ):
        torch.manual_seed(seed)
        network = ProposalNetwork(config)
        super().__init__(network, rows, out, max_minutes=max_minutes, seed=seed, device=device)
        self.held_out = held_out
        self.best: dict[str, Tensor] = {}  # the averaged weights of least surprise
        self.least = float("inf")

    @property
    def checkpoint(self) -> Path:
        """The file that a killed run goes on from."""
        return self.out / CHECKPOINT

    @property
    def curve(self) -> Path:
        """The file of the learning curve."""
        return self.out / CURVE

    def build(self, config: dict[str, Any]) -> ProposalNetwork:
        """A network of that size."""
        return ProposalNetwork(ProposalConfig(**config))

    def described(self) -> dict[str, Any]:
        """Its sizes, and the best weights so far with their surprise."""
        return {"config": asdict(self.network.config), "best": self.best, "least": self.least}

    def resume(self) -> dict[str, Any]:
        """Go on from the checkpoint, at its place in the time budget; returns what it tells."""
        state = super().resume()
        # Checkpoints from before the best point was kept have none.
        self.best, self.least = state.get("best", {}), state.get("least", float("inf"))
        return state

    def chosen(self) -> ProposalNetwork:
        """A network with the best weights, which does not learn."""
        network = self.averaged()
        network.load_state_dict(self.best)
        return network

    def loss(self, rows: list[KnownStep], generator: torch.Generator) -> Tensor:
        """See `surprise`; the structures are a little noisy."""
        batch = collate([row.prepared for row in rows]).to(self.device)
        orders = Orders.draw(rows, batch, generator)
        value = surprise(self.network, augment(batch, generator), orders)
        self.recent.append(value.detach().reshape(1))
        return value

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Surprise of the averaged weights at held-out steps, appended to the learning curve."""
        network, generator = self.averaged(), torch.Generator().manual_seed(0)
        values = []
        for indices in batches_by_size([row.n_atoms for row in self.held_out], MAX_PAIRS):
            rows = [self.held_out[i] for i in indices]
            batch = collate([row.prepared for row in rows]).to(self.device)
            value = surprise(network, batch, Orders.draw(rows, batch, generator))
            values.append(len(rows) * value.item())
        point = {
            **asdict(self.progress),
            "train": self.recent_means(),
            "held_out": float(np.sum(values) / len(self.held_out)),
        }
        self.note(point)
        if point["held_out"] < self.least:
            self.least = point["held_out"]
            self.best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        return point
