"""What a finished run says of itself: the content of `run.json`."""

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Workers:
    """Who did it.

    Attributes:
        cores: of the whole cluster.
        samplers: sampler processes.
        gpus: of each of them.
    """

    cores: int
    samplers: int
    gpus: float


@dataclass(frozen=True)
class Counts:
    """Where the rows ended.

    Attributes:
        rows: of the input; each is one of the results or of the rejects.
        status: how many results have each status.
        error_code: the same of each error code.
        reject_code: how many rejects have each code.
    """

    rows: int
    results: int
    rejects: int
    status: dict[str, int]
    error_code: dict[str, int]
    reject_code: dict[str, int]


@dataclass(frozen=True)
class Barriers:
    """The predicted barriers in kcal/mol of rows that neither failed nor have warnings.

    Attributes:
        count: of those at the level of theory that most have; the others are not counted.
        level: that level; None where there is no barrier.
        half_width: half of the 90 % interval, in the median; None where none is known.
    """

    count: int
    level: str | None
    min: float | None
    median: float | None
    max: float | None
    half_width: float | None


@dataclass(frozen=True)
class Times:
    """Seconds from start to end, and of the three parts one after the other."""

    startup: float
    screening: float
    compaction: float
    total: float


@dataclass(frozen=True)
class StageWork:
    """What one stage did: its rows, and the seconds of all its workers together."""

    rows: int
    worker_s: float


@dataclass(frozen=True)
class RunReport:
    """All that `run.json` holds, by the names that it has there.

    Attributes:
        version: of this program.
        started_at: in UTC, as ISO 8601 has it.
        seed: of the run.
        settings: see `Settings.as_json`.
        weights: versions and hashes.
        rows_done_before: by earlier calls that were interrupted.
        partitions: columns that the names of folders tell, and their Arrow types.
        reactions_per_s: of this call, while it screened.
    """

    version: str
    started_at: str
    seed: int
    settings: dict[str, Any]
    weights: dict[str, str]
    workers: Workers
    counts: Counts
    rows_done_before: int
    barriers_kcal_mol: Barriers
    partitions: dict[str, str]
    times_s: Times
    stages: dict[str, StageWork]
    reactions_per_s: float

    def as_json(self) -> dict[str, Any]:
        """The report as it is written."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "RunReport":
        """The report as it was written.

        Raises:
            pydantic.ValidationError: something is missing or of another type.
        """
        return TypeAdapter(cls).validate_python(written)
