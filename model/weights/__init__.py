"""The shipped weights and their card: what they are, how they were made, how good they are.

Reading a card needs no torch; `model.loading` reads the weights themselves.
"""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent
TENSORS = "tscreen.safetensors"
CARD = "tscreen.json"


class WeightsError(ValueError):
    """The weights cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Card:
    """What a set of weights is.

    Attributes:
        version: name of the weights, written into every result row.
        sha256: hash of the safetensors file.
        elements: atomic numbers the network was trained on.
        network: sizes of the network.
        training: data, splits, command, minutes and epochs.
        metrics: figures on the validation split, RMSD in Å.
    """

    version: str
    sha256: str
    elements: frozenset[int]
    network: dict[str, Any]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def read_card(folder: Path | None = None) -> Card:
    """The card of the weights in ``folder``, by default the shipped ones.

    Raises:
        WeightsError: there is no card, or it cannot be read.
    """
    path = (folder or SHIPPED) / CARD
    try:
        content = json.loads(path.read_text())
        return Card(**{**content, "elements": frozenset(content["elements"])})
    except FileNotFoundError as error:
        raise WeightsError(
            f"no weights in {path.parent}: {CARD} is missing; name a folder that "
            "`tscreen train --out` wrote"
        ) from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is not a card of weights: {error}") from error


def write_card(card: Card, folder: Path) -> None:
    """Write the card beside its weights."""
    content = {**asdict(card), "elements": sorted(card.elements)}
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n")
