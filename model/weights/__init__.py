"""The shipped weights and their card: what they are, how they were made, how good they are.

Reading a card needs neither torch nor NumPy; `tensors` reads the weights themselves.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from tscreen.model.weights.seen import Seen, as_json, cover, from_json

SHIPPED = Path(__file__).parent
TENSORS = "tscreen.safetensors"
CARD = "tscreen.json"

T = TypeVar("T")


class WeightsError(ValueError):
    """The weights cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Level:
    """A level of theory that barriers are predicted at, and what it was learnt on.

    Attributes:
        name: as in `barrier_level` of the training data.
        seen: kinds of the training rows.
        max_atoms: of the largest training row.
        interval: factor on the predicted spread that makes a 90 % interval, from calibration.
    """

    name: str
    seen: list[Seen]
    max_atoms: int
    interval: float

    def covers(self, kind: Seen, n_atoms: int) -> bool:
        """Whether a reaction of that kind and size is like the training rows."""
        return n_atoms <= self.max_atoms and cover(self.seen, kind)


@dataclass(frozen=True)
class Card:
    """What a set of weights is.

    Attributes:
        version: name of the weights, written into every result row.
        sha256: hash of the safetensors file.
        seen: kinds of the reactions that the network was trained on.
        network: sizes of the generator.
        recommender: sizes of the recommender.
        assessor: sizes of the assessor's members.
        n_members: how many there are.
        levels: levels of theory of the assessor's barriers, see `Level`.
        training: data, splits, command, minutes and epochs.
        metrics: figures on the validation split, RMSD in Å.
    """

    version: str
    sha256: str
    seen: list[Seen]
    network: dict[str, Any]
    recommender: dict[str, Any]
    assessor: dict[str, Any]
    n_members: int
    levels: list[Level] = field(default_factory=list)
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def elements(self) -> frozenset[int]:
        """Atomic numbers in the training rows, whatever their charge and spin."""
        return frozenset().union(*(one.elements for one in self.seen))


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
        return as_card(path, "weights", _card)
    except FileNotFoundError as error:
        raise WeightsError(
            f"no weights in {path.parent}: {CARD} is missing; name a folder that "
            "`tscreen train --out` wrote"
        ) from error


def as_card(path: Path, subject: str, build: Callable[[dict[str, Any]], T]) -> T:
    """What ``build`` makes of the JSON in a file, a card of ``subject``.

    Raises:
        WeightsError: it can make nothing of it.
        FileNotFoundError: there is no such file.
    """
    try:
        return build(json.loads(path.read_text()))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} is not a card of {subject}: {error}") from error


def _card(content: dict[str, Any]) -> Card:
    levels = [Level(**_with_kinds(level)) for level in content["levels"]]
    return Card(**{**_with_kinds(content), "levels": levels})


def write_card(card: Card, folder: Path) -> None:
    """Write the card beside its weights."""
    content = asdict(card)
    content["seen"] = as_json(card.seen)
    for part, level in zip(content["levels"], card.levels, strict=True):
        part["seen"] = as_json(level.seen)
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n")


def _with_kinds(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "seen": from_json(content["seen"])}
