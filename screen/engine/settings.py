"""What a user asks of a run."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tscreen.actors.defaults import DEFAULT_LEVEL, TIMEOUT_S
from tscreen.model.inference.defaults import SAMPLES, STEPS
from tscreen.screen.errors import UsageError

DEFAULT_FRACTION = 0.14
TEMPERATURE = 298.15


class Verify(StrEnum):
    """Which transition states are followed down to see what they join."""

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
        min_p_good: search the saddle point of every reaction whose `p_good` is below this.
        fallback_fraction: search the saddle points of this share of the reactions, those of the
            lowest `p_good`. Neither this nor `min_p_good`: no searches.
        energies: compute GFN2-xTB energies, and by them choose the TS and predict its barrier.
        verify: `UNCERTAIN`: saddle points that were searched must join reactant and product;
            `NONE`: they need not; `ALL`: they must, and the other transition states are checked.
        level: level of theory of searches and checks.
        search_timeout: processor seconds for the search or the check of one reaction.
        temperature: of rate constants and thermochemistry, in K.
        filter: SQL condition over scalar columns of the input.
        limit: read only the first so many rows.
        max_atoms: larger reactions are rejected.
        partition_by: columns whose values the results lie in folders by.
        workers: number of samplers, None for as many as fit.
        gpus_per_sampler: GPUs of each, see `crew.hire`.
        address: of a Ray cluster, None for this machine alone.
        weights: folder of weights, None for the shipped ones.
    """

    input: str | Path
    out: str | Path
    samples: int = SAMPLES
    steps: int = STEPS
    seed: int = 0
    min_p_good: float | None = None
    fallback_fraction: float | None = None
    energies: bool = True
    verify: Verify = Verify.UNCERTAIN
    level: str = DEFAULT_LEVEL
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
        """Refuse what cannot be meant.

        Raises:
            UsageError: two settings contradict each other.
        """
        if self.min_p_good is not None and self.fallback_fraction is not None:
            raise UsageError("give --min-p-good or --fallback-fraction, not both")
        if self.searches and not self.energies:
            raise UsageError("--no-energies leaves xTB out, so add --no-fallback")
        if self.verify is Verify.ALL and not self.energies:
            raise UsageError("--no-energies leaves xTB out, so nothing can be verified")

    @property
    def searches(self) -> bool:
        """Whether uncertain reactions get a saddle search."""
        return self.min_p_good is not None or self.fallback_fraction is not None

    def as_json(self) -> dict[str, Any]:
        """The settings as they are written to `run.json`."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }
