"""What a user asks of a run."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tscreen.actors.defaults import TIMEOUT_S
from tscreen.model.inference.defaults import SAMPLES, STEPS
from tscreen.screen.errors import UsageError

DEFAULT_FRACTION = 0.14
TEMPERATURE = 298.15


class Refine(StrEnum):
    """Which generated transition states a saddle search starts from."""

    ALL = "all"
    UNCERTAIN = "uncertain"
    NONE = "none"


@dataclass(frozen=True)
class Settings:
    """The settings of one run; those of the chemistry decide its results, the others do not.

    Attributes:
        input: file or folder of reactions.
        out: folder for the results; it must not hold any yet.
        samples: transition states sampled for each reaction.
        steps: integration steps of a sample.
        seed: with a reaction's id it decides everything random about that reaction.
        refine: search and follow the saddle points of all reactions, of the uncertain ones or of
            none. None: of all, unless one of the next three says otherwise.
        min_p_good: uncertain are those whose `p_good` is below this.
        fallback_fraction: uncertain is this share of the reactions, those of the lowest `p_good`.
        energies: compute GFN2-xTB energies, and by them choose the TS and predict its barrier.
        level: level of theory of the searches. None: GFN2-xTB with the correction of the weights,
            or, where they have none, GFN2-xTB.
        search_timeout: processor seconds for the search of one reaction.
        temperature: of rate constants and thermochemistry, in K.
        filter: SQL condition over scalar columns of the input.
        limit: read only the first so many rows.
        max_atoms: larger reactions are rejected.
        partition_by: columns whose values the results lie in folders by.
        workers: number of samplers, None for as many as fit.
        gpus_per_sampler: GPUs of each, see `pools.size_pools`.
        address: of a Ray cluster, None for this machine alone.
        weights: folder of weights, None for the shipped ones.
    """

    input: str | Path
    out: str | Path
    samples: int = SAMPLES
    steps: int = STEPS
    seed: int = 0
    refine: Refine | None = None
    min_p_good: float | None = None
    fallback_fraction: float | None = None
    energies: bool = True
    level: str | None = None
    search_timeout: float = TIMEOUT_S
    temperature: float = TEMPERATURE
    filter: str | None = None
    limit: int | None = None
    max_atoms: int = 100
    partition_by: list[str] = field(default_factory=list)
    workers: int | None = None
    gpus_per_sampler: float | None = None
    address: str | None = None
    weights: Path | None = None

    def __post_init__(self) -> None:
        """Say what is left open, and refuse what cannot be meant.

        Raises:
            UsageError: two settings contradict each other.
        """
        # A frozen dataclass lets its own initialisation write in this way alone.
        if self.refine is not None:
            if self.refine not in tuple(Refine):
                raise UsageError(f"`refine` is {self.refine!r}; give all, uncertain or none")
            object.__setattr__(self, "refine", Refine(self.refine))
        if self.min_p_good is not None and self.fallback_fraction is not None:
            raise UsageError("give `min_p_good` or `fallback_fraction`, not both")
        chosen = self.min_p_good is not None or self.fallback_fraction is not None
        if not self.energies and (chosen or self.refine not in (None, Refine.NONE)):
            raise UsageError(
                "`energies=False` leaves xTB out, so nothing can be refined: take it away, or "
                "leave out `refine`, `min_p_good` and `fallback_fraction`"
            )
        if chosen and self.refine not in (None, Refine.UNCERTAIN):
            raise UsageError(
                "`min_p_good` and `fallback_fraction` say which reactions are uncertain, so they "
                f"go with `refine` uncertain, not with `refine` {self.refine}; leave one out"
            )
        if self.refine is None:
            usual = Refine.ALL if self.energies else Refine.NONE
            object.__setattr__(self, "refine", Refine.UNCERTAIN if chosen else usual)
        if self.refine is Refine.UNCERTAIN and not chosen:
            object.__setattr__(self, "fallback_fraction", DEFAULT_FRACTION)

    def as_json(self) -> dict[str, Any]:
        """The settings as they are written to `run.json`."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }
