"""Stages that build something into a folder, outside of a run."""

from dataclasses import dataclass, replace

from tscreen.screen.engine.engine import ray_log, started
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.pools import size_pools
from tscreen.screen.engine.progress import Show, followed
from tscreen.screen.engine.settings import EngineName
from tscreen.screen.errors import UsageError, broken_off, interrupted
from tscreen.screen.storage.location import Location


@dataclass(frozen=True)
class Building:
    """What is built, and by whom.

    Attributes:
        what: as messages call it.
        folder: where its last stage writes.
        engine: that carries it out.
        address: of a Ray cluster, None for this machine.
        workers: the most cores, None for all.
    """

    what: str
    folder: Location
    engine: EngineName
    address: str | None = None
    workers: int | None = None

    def carry_out(self, flow: Flow, totals: dict[str, int | None], show: Show) -> None:
        """Send all tables through all stages.

        Args:
            flow: the tables and the stages.
            totals: how many rows each stage will have, where that is known.
            show: how progress is shown.

        Raises:
            UsageError: there is no such engine, or no cluster at the address.
            BrokenOffError: it was interrupted, or a worker failed for a reason that lies in no row.
        """
        log = ray_log(self.folder)
        kept = str(self.folder)
        try:
            with (
                started(self.engine, self.address, flow.n_rows, log, show.say) as engine,
                followed(engine, totals, show) as (counters, _),
            ):
                sizes = size_pools(engine.resources, None)
                sizes = replace(sizes, cores=min(self.workers or sizes.cores, sizes.cores))
                engine.carry_out(flow, sizes, counters)
        except UsageError:
            raise
        except KeyboardInterrupt as interrupt:
            raise interrupted(self.what, kept) from interrupt
        except Exception as error:
            raise broken_off(self.what, error, kept, log) from error
