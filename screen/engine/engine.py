"""What carries out the stages of a run, and how it is chosen."""

import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tscreen.screen.engine.counters import Counting
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.pools import PoolSizes
from tscreen.screen.engine.settings import EngineName
from tscreen.screen.storage.location import Location

SMALL = 200
"""So many reactions are done sooner here than Ray has started and shared them out."""


class Engine(ABC):
    """Carries out stages.

    Attributes:
        resources: what there is, such as `{"CPU": 8.0, "GPU": 1.0}`.
        log: file of what it has printed, None where it prints nothing.
        samplers: how many it always has; None where that is the user's choice.
    """

    samplers: int | None = None

    def __init__(self, resources: dict[str, float], log: Path | None = None) -> None:
        self.resources = resources
        self.log = log

    @abstractmethod
    def counters(self, totals: dict[str, int | None]) -> AbstractContextManager[Counting]:
        """Counters of stages, for its workers and for this process."""

    @abstractmethod
    def carry_out(self, flow: Flow, sizes: PoolSizes, counters: Counting) -> None:
        """Send all tables through all stages; what the last one returns is dropped."""


def ray_log(folder: Location) -> Path:
    """Where what Ray prints is kept: beside the results, if these lie on this machine."""
    return (folder.local or Path(tempfile.mkdtemp(prefix="tscreen-"))) / "ray.log"


@contextmanager
def started(
    name: EngineName, address: str | None, n_rows: int, log: Path, say: Callable[[str], None]
) -> Iterator[Engine]:
    """An engine for so many rows.

    Args:
        name: which one.
        address: of a Ray cluster, None for this machine.
        n_rows: that are left to do.
        log: file for what Ray prints.
        say: is told what takes long.

    Raises:
        UsageError: there is no cluster at the address.
        BrokenOffError: Ray does not start, or no worker of it does.
    """
    if name is EngineName.LOCAL or (name is EngineName.AUTO and _small(address, n_rows)):
        from tscreen.screen.engine.local import LocalEngine

        yield LocalEngine()
        return
    from tscreen.screen.engine.cluster.ray_engine import ray_engine

    say(f"connecting to Ray at {address}" if address else "starting Ray; it takes some seconds")
    with ray_engine(address, log) as engine:
        yield engine


def _small(address: str | None, n_rows: int) -> bool:
    return address is None and n_rows < SMALL and not _ray_runs()


def _ray_runs() -> bool:
    """Whether this process is connected to a Ray: whoever started it wants it used."""
    return "ray" in sys.modules and sys.modules["ray"].is_initialized()
