"""What a user asks of a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from tscreen.actors.defaults import Effort
from tscreen.actors.quantum.solvents import known_solvent
from tscreen.model.inference.defaults import SAMPLES, STEPS
from tscreen.schemas.units import ROOM_TEMPERATURE
from tscreen.screen.errors import UsageError

DEFAULT_FRACTION = 0.14


class Refine(StrEnum):
    """Which generated transition states a saddle search starts from."""

    ALL = "all"
    UNCERTAIN = "uncertain"
    NONE = "none"


class EngineName(StrEnum):
    """What a run may be carried out by.

    Attributes:
        AUTO: this process where the reactions are few and no cluster is named, else Ray.
        LOCAL: this process, its threads and their child processes.
        RAY: actors of Ray, which outlive the death of any of them.
    """

    AUTO = "auto"
    LOCAL = "local"
    RAY = "ray"


class Retry(StrEnum):
    """Which rows of a finished run are searched again.

    Attributes:
        FAILED: all that failed.
        TIMEOUT: those that failed as their time was up.
    """

    FAILED = "failed"
    TIMEOUT = "timeout"


class Limits(NamedTuple):
    """What the command line takes for a setting; None where there is no end.

    Attributes:
        least: the smallest value.
        most: the largest value.
    """

    least: float | None = None
    most: float | None = None


AT_LEAST_ONE = Limits(least=1)
SHARE = Limits(least=0, most=1)


@dataclass(frozen=True)
class Settings:
    """The settings of one run; those of the chemistry decide its results, the others do not.

    `tscreen run` has an option for each: by the name, type and default of the field, with the text
    that stands here.

    Attributes:
        input: Parquet, CSV, XYZ, SDF or mol2 file of reactions, ASE database, a folder of them or
            a pattern; a path or a URI such as s3://bucket/reactions.parquet; - for what is piped;
            or several of these.
        out: folder for the results, or of a run to go on with; a path or a URI.
        samples: samples of each reaction.
        steps: integration steps of each sample.
        seed: decides everything random.
        refine: search and verify the saddle points of all reactions (unless told), of the
            uncertain ones, or of none.
        effort: of a search: quick (the recommended candidate alone, no Gibbs energies), normal
            (until a saddle point joins both sides, and for lower conformers of it where the model
            doubts), thorough (always for these, and for those of the sides).
        min_p_good: refine the uncertain: those below this p_good.
        fallback_fraction: refine the uncertain: the share of the lowest p_good, 0.14 unless told.
        energies: without them GFN2-xTB is left out: no barriers, nothing refined.
        level: level of theory of searches: gfn2-xtb+delta (with the correction of the weights, by
            default where they have one), gfn2-xtb, gfn1-xtb, wb97x-d3/def2-svp.
        solvent: implicit solvent (ALPB) of all energies, such as water; without it, the gas phase.
        search_timeout: processor seconds for the search of one reaction, by default 60 and from 30
            atoms on as many as their number wants.
        temperature: of rate constants and thermochemistry, in K.
        filter: SQL condition on columns, such as "split = 'val'".
        limit: read only the first so many rows.
        max_atoms: reject larger reactions.
        keep_samples: keep all samples with their scores, in OUT/samples.
        partition_by: tag or column whose values the results lie in folders by; may be repeated.
        engine: auto (this process for fewer than 200 reactions without an address, else Ray), local
            or ray.
        workers: sampler processes of Ray; by default one per GPU or core.
        gpus_per_sampler: GPUs of a sampler, such as 0.25 for four on one; by default 1 if there
            are any.
        address: Ray cluster to run on; without it, this machine.
        weights: folder of weights; without it, the shipped ones.
    """

    input: str | Path | Sequence[str | Path]
    out: str | Path
    samples: Annotated[int, AT_LEAST_ONE] = SAMPLES
    steps: Annotated[int, AT_LEAST_ONE] = STEPS
    seed: int = 0
    refine: Refine | None = None
    effort: Effort = Effort.NORMAL
    min_p_good: Annotated[float | None, SHARE] = None
    fallback_fraction: Annotated[float | None, SHARE] = None
    energies: bool = True
    level: str | None = None
    solvent: str | None = None
    search_timeout: Annotated[float | None, AT_LEAST_ONE] = None
    temperature: Annotated[float, AT_LEAST_ONE] = ROOM_TEMPERATURE
    filter: str | None = None
    limit: Annotated[int | None, AT_LEAST_ONE] = None
    max_atoms: Annotated[int, Limits(least=2)] = 100
    keep_samples: bool = False
    partition_by: list[str] = field(default_factory=list)
    engine: EngineName = EngineName.AUTO
    workers: Annotated[int | None, AT_LEAST_ONE] = None
    gpus_per_sampler: Annotated[float | None, Limits(least=0)] = None
    address: str | None = None
    weights: Path | None = None

    def __post_init__(self) -> None:
        """Say what is left open, and refuse what cannot be meant.

        Raises:
            UsageError: two settings contradict each other.
        """
        # A frozen dataclass lets its own initialisation write in this way alone.
        if not self.inputs:
            raise UsageError("`input` names nothing; give a file, a folder or a pattern")
        if len(self.inputs) == 1:  # so that one in a list is described as the one alone
            object.__setattr__(self, "input", self.inputs[0])
        if self.weights is not None:  # workers work in another folder
            object.__setattr__(self, "weights", Path(self.weights).absolute())
        if self.refine is not None:
            if self.refine not in tuple(Refine):
                raise UsageError(f"`refine` is {self.refine!r}; give all, uncertain or none")
            object.__setattr__(self, "refine", Refine(self.refine))
        if self.effort not in tuple(Effort):
            raise UsageError(f"`effort` is {self.effort!r}; give quick, normal or thorough")
        object.__setattr__(self, "effort", Effort(self.effort))
        if self.engine not in tuple(EngineName):
            raise UsageError(f"`engine` is {self.engine!r}; give auto, local or ray")
        object.__setattr__(self, "engine", EngineName(self.engine))
        if self.engine is EngineName.LOCAL and self.address is not None:
            raise UsageError("`address` names a Ray cluster; leave it out, or `engine` local")
        if self.solvent is not None:
            if not self.energies:
                raise UsageError("`energies=False` leaves nothing that `solvent` could change")
            try:
                object.__setattr__(self, "solvent", known_solvent(self.solvent))
            except ValueError as error:
                raise UsageError(f"`solvent`: {error}") from error
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

    @property
    def inputs(self) -> list[str | Path]:
        """What is read, one by one."""
        return [self.input] if isinstance(self.input, str | Path) else [*self.input]

    @property
    def inputs_named(self) -> str:
        """What is read, in a sentence."""
        return ", ".join(f"'{one}'" for one in self.inputs)

    def as_json(self) -> dict[str, Any]:
        """The settings as they are written to `run.json`."""
        several = [str(one) for one in self.inputs]
        told = asdict(self) | {"input": several[0] if len(several) == 1 else several}
        return {n: str(value) if isinstance(value, Path) else value for n, value in told.items()}
