"""The shipped weights and their card: what they are, how they were made, how good they are.

Reading a card needs neither torch nor NumPy; `tensors` reads the weights themselves.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent
TENSORS = "tscreen.safetensors"
CARD = "tscreen.json"


State = tuple[int, int]
"""Charge and spin multiplicity."""


class WeightsError(ValueError):
    """The weights cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Level:
    """A level of theory that barriers are predicted at, and what it was learnt on.

    Attributes:
        name: as in `barrier_level` of the training data.
        elements: atomic numbers in the training rows.
        states: of the training rows and of their molecules.
        max_atoms: of the largest training row.
        interval: factor on the predicted spread that makes a 90 % interval, from calibration.
    """

    name: str
    elements: frozenset[int]
    states: frozenset[State]
    max_atoms: int
    interval: float

    def covers(self, numbers: Sequence[int], states: Sequence[State]) -> bool:
        """Whether a reaction is like the training rows, as far as those tell.

        Args:
            numbers: its atoms.
            states: of the whole, and of its molecules as far as they are known.
        """
        return (
            len(numbers) <= self.max_atoms
            and self.elements.issuperset(numbers)
            and self.states.issuperset(states)
        )


@dataclass(frozen=True)
class Card:
    """What a set of weights is.

    Attributes:
        version: name of the weights, written into every result row.
        sha256: hash of the safetensors file.
        elements: atomic numbers the network was trained on.
        states: of the reactions that it was trained on, and of their molecules.
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
    elements: frozenset[int]
    states: frozenset[State]
    network: dict[str, Any]
    recommender: dict[str, Any]
    assessor: dict[str, Any]
    n_members: int
    levels: list[Level] = field(default_factory=list)
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
        levels = [Level(**_with_sets(level)) for level in content["levels"]]
        return Card(**{**_with_sets(content), "levels": levels})
    except FileNotFoundError as error:
        raise WeightsError(
            f"no weights in {path.parent}: {CARD} is missing; name a folder that "
            "`tscreen train --out` wrote"
        ) from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise WeightsError(f"{path} is not a card of weights: {error}") from error


def write_card(card: Card, folder: Path) -> None:
    """Write the card beside its weights."""
    content = asdict(card)
    for part in (content, *content["levels"]):
        part["elements"] = sorted(part["elements"])
        part["states"] = sorted(part["states"])
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n")


def _with_sets(content: dict[str, Any]) -> dict[str, Any]:
    states = frozenset((charge, multiplicity) for charge, multiplicity in content["states"])
    return {**content, "elements": frozenset(content["elements"]), "states": states}
