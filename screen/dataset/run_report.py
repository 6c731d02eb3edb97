"""What a finished run says of itself: the content of `run.json`."""

from dataclasses import asdict, dataclass, field
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
class Extension:
    """What was done to a run after it had been finished.

    Attributes:
        what: was asked for, such as `retry failed`.
        version: of this program.
        started_at: in UTC, as ISO 8601 has it.
        settings: of the rows that were screened.
        rows: that were screened.
        added: results that were not there before.
        replaced: results in place of those before.
        kept: results that stayed, as they are verified and those that came now are not.
        status: how many of the added and the replacing results have each status.
        times_s: of its last call, as of a run.
        stages: as of a run.
    """

    what: str
    version: str
    started_at: str
    settings: dict[str, Any]
    rows: int
    added: int
    replaced: int
    kept: int
    status: dict[str, int]
    times_s: Times
    stages: dict[str, StageWork]


@dataclass(frozen=True)
class RunReport:
    """All that `run.json` holds, by the names that it has there.

    What a run has been extended by stands in `extensions`; `counts`, `barriers_kcal_mol` and
    `partitions` are of all that is there, everything else of the run as it was at first.

    Attributes:
        version: of this program.
        started_at: in UTC, as ISO 8601 has it.
        seed: of the run.
        settings: see `Settings.as_json`.
        weights: versions and hashes.
        rows_done_before: by earlier calls that were interrupted.
        partitions: columns that the names of folders tell, and their Arrow types.
        reactions_per_s: of this call, while it screened.
        extensions: the first one first.
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
    extensions: list[Extension] = field(default_factory=list)

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
