"""What a user asks of an exploration."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import UsageError

CARRIED = (
    "samples",
    "steps",
    "seed",
    "effort",
    "level",
    "solvent",
    "search_timeout",
    "temperature",
    "engine",
    "workers",
    "gpus_per_sampler",
    "address",
    "weights",
)
"""Settings of `tscreen run` that every search of a network may be given."""


@dataclass(frozen=True)
class Asked:
    """What to explore, and how far.

    Attributes:
        start: file of molecules.
        out: folder for the network.
        depth: generations.
        max_barrier: kcal/mol; steps with a higher reaction energy are not searched, molecules
            behind a higher barrier not gone on from.
        max_reactions: the most searches in all; None without a limit.
        max_minutes: by the clock, after which no further batch of searches begins; None without.
        broken: the most bonds that break in an enumerated step.
        formed: the most bonds that form.
        proposed: how many of the steps of each molecule or pair that the model thinks most
            probable are searched though they are not enumerated; 0: none.
        molecules: that come together in a step at the most: 1 or 2.
        max_atoms: of a step.
        of_runs: settings of the searches, see `CARRIED`.
    """

    start: str | Path
    out: str | Path
    depth: int = 1
    max_barrier: float = 60.0
    max_reactions: int | None = None
    max_minutes: float | None = None
    broken: int = 2
    formed: int = 2
    proposed: int = 50
    molecules: int = 2
    max_atoms: int = 30
    of_runs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a setting is out of its range.
            TypeError: there is no such setting of searches.
        """
        least = {"depth": 1, "broken": 0, "formed": 1, "proposed": 0, "max_atoms": 2}
        least |= {name: 1 for name in ("max_reactions",) if getattr(self, name) is not None}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise UsageError(f"`{name}` is {getattr(self, name)}; give {value} or more")
        for name in ("max_barrier", "max_minutes"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"`{name}` is {value}; give a number above zero")
        if self.molecules not in (1, 2):
            raise UsageError(f"`molecules` is {self.molecules}; give 1 or 2")
        if unknown := self.of_runs.keys() - set(CARRIED):
            raise TypeError(f"explore takes {', '.join(CARRIED)}, not {', '.join(sorted(unknown))}")

    def settings(self, reactions: str, out: str) -> Settings:
        """Of a run over some of its reactions."""
        return Settings(reactions, out, max_atoms=max(100, self.max_atoms), **self.of_runs)
