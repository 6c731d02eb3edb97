"""What a committee of corrections is, and where it holds; reading it needs no torch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tscreen.model.weights import SHIPPED, as_card

TENSORS = "correction.safetensors"
CARD = "correction.json"


@dataclass(frozen=True)
class CorrectedLevel:
    """A level of theory that GFN2-xTB is corrected to.

    Attributes:
        name: as in `barrier_level` of the training data.
        elements: atomic numbers in the training rows.
        max_atoms: of the largest training row.
        states: (charge, multiplicity) of molecules in the training rows.
        force_limit: disagreement of the members in a force, eV/Å, beyond which the correction is
            not to be trusted; see `committee.Opinion`.
        barrier_limit: the same in a barrier, kcal/mol.
        group: which networks know it: those of one group were trained on the same rows.
        output: its place among the read-outs of these.
        vibrations: whether its barriers are what both outputs say together: learnt so, the second
            is the vibrations' part, of which the forces know nothing. Else they are the first's.
        changes: how many training rows with a barrier form and break such bonds, see
            `kinds.change_of`; empty where that is not known.
        barrier_error: of the barriers at structures that are given, see `refined.BarrierError`.
        reaction_error: nine of ten electronic reaction energies are off by less at structures that
            are given, kcal/mol; 0 where that is not known.
        calibration: of what is said about refined transition states, see `refined`.
    """

    name: str
    elements: frozenset[int]
    max_atoms: int
    states: frozenset[tuple[int, int]]
    force_limit: float
    barrier_limit: float
    group: int = 0
    output: int = 0
    vibrations: bool = True
    changes: dict[str, int] = field(default_factory=dict)
    barrier_error: dict[str, float] = field(default_factory=dict)
    reaction_error: float = 0.0
    calibration: dict[str, Any] = field(default_factory=dict)

    def covers(self, numbers: Sequence[int], charge: int, multiplicity: int) -> bool:
        """Whether a reaction is like the training rows, as far as its atoms and state tell."""
        return (
            len(numbers) <= self.max_atoms
            and self.elements.issuperset(numbers)
            and (charge, multiplicity) in self.states
        )

    def rows_like(self, change: str | None) -> int:
        """How many training rows had that change of bonds; 1 where that is not known."""
        return 1 if change is None or not self.changes else self.changes.get(change, 0)

    def of(self, change: str) -> "CorrectedLevel":
        """The level as it is known for a change of bonds: not how far off, if it has seen none."""
        return self if self.rows_like(change) else replace(self, barrier_error={}, calibration={})


@dataclass(frozen=True)
class CorrectionCard:
    """What a committee is.

    Attributes:
        version: its name.
        sha256: hash of the safetensors file.
        network: sizes of the members, see `network.CorrectionConfig`.
        n_members: how many there are in each group.
        levels: the one to prefer first.
        training: data, rows, minutes, steps.
        metrics: figures on the validation split.
    """

    version: str
    sha256: str
    network: dict[str, Any]
    n_members: int
    levels: list[CorrectedLevel]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def n_groups(self) -> int:
        """Groups of networks."""
        return 1 + max(level.group for level in self.levels)

    def level_of(
        self, numbers: Sequence[int], charge: int, multiplicity: int, change: str | None = None
    ) -> int | None:
        """Number of the level for a reaction, None where none covers it.

        Of several it is a calibrated one, of which more can be said; then the one with the most
        training rows of that ``change``; then the first.
        """

        def fitness(index: int) -> tuple[bool, int]:
            level = self.levels[index]
            return bool(level.calibration), level.rows_like(change)

        covering = (
            index
            for index, level in enumerate(self.levels)
            if level.covers(numbers, charge, multiplicity)
        )
        return max(covering, key=fitness, default=None)


def read_correction_card(folder: Path | None = None) -> CorrectionCard | None:
    """The card of the correction in ``folder``, by default the shipped one; None without one.

    Raises:
        WeightsError: there is one that cannot be read.
    """
    path = (folder or SHIPPED) / CARD
    return as_card(path, "a correction", _card) if path.exists() else None


def write_correction_card(card: CorrectionCard, folder: Path) -> None:
    """Write the card beside its weights."""
    content = asdict(card)
    for level in content["levels"]:
        level["elements"] = sorted(level["elements"])
        level["states"] = sorted(level["states"])
    (folder / CARD).write_text(json.dumps(content, indent=2) + "\n")


def _card(content: dict[str, Any]) -> CorrectionCard:
    levels = [_level(number, level) for number, level in enumerate(content.pop("levels"))]
    return CorrectionCard(**content, levels=levels)


def _level(number: int, content: dict[str, Any]) -> CorrectedLevel:
    elements = frozenset(content["elements"])
    states = frozenset((charge, multiplicity) for charge, multiplicity in content["states"])
    # The first cards had one group, whose outputs were in the order of the levels.
    content = {"output": number, **content, "elements": elements, "states": states}
    return CorrectedLevel(**content)
