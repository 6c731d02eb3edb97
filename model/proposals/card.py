"""What the network that proposes steps is, and where it holds; reading it needs no torch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tscreen.model.weights import SHIPPED, as_card

TENSORS = "proposals.safetensors"
CARD = "proposals.json"


@dataclass(frozen=True)
class ProposalCard:
    """What the network is.

    Attributes:
        version: its name.
        sha256: hash of the safetensors file.
        network: sizes, see `network.ProposalConfig`.
        elements: atomic numbers in the training rows.
        max_atoms: of the largest training row.
        training: data, rows, minutes, steps.
        metrics: figures on rows that it was not trained on.
    """

    version: str
    sha256: str
    network: dict[str, Any]
    elements: frozenset[int]
    max_atoms: int
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    def covers(self, numbers: Sequence[int]) -> bool:
        """Whether a neutral closed-shell reactant is like the training rows."""
        return len(numbers) <= self.max_atoms and self.elements.issuperset(numbers)


def read_proposal_card(folder: Path | None = None) -> ProposalCard | None:
    """The card in ``folder``, by default the shipped one; None where nothing proposes steps.

    Raises:
        WeightsError: there is one that cannot be read.
    """
    path = (folder or SHIPPED) / CARD
    return as_card(path, "proposals", _card) if path.exists() else None


def write_proposal_card(card: ProposalCard, folder: Path) -> None:
    """Write the card beside its weights."""
    content = asdict(card) | {"elements": sorted(card.elements)}
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n")


def _card(content: dict[str, Any]) -> ProposalCard:
    return ProposalCard(**{**content, "elements": frozenset(content["elements"])})
