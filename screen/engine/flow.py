"""Sends tables through stages, each in the workers that it declares."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tscreen.actors.workers.stage import Resources, Stage
from tscreen.actors.workers.threads import NAMES
from tscreen.screen.engine.counters import CountersHandle
from tscreen.screen.engine.pools import Pool, PoolSizes

if TYPE_CHECKING:
    from ray.data import Dataset


@dataclass(frozen=True)
class Flow:
    """Tables and the stages that each of them goes through.

    A table is one Ray block, and the batch that a stage sees, whatever the number of workers, so
    the numbers of workers do not change the results. Before stages that want rows one by one it
    is cut into a block for each: a search takes as long as all that came before for a whole chunk.

    Attributes:
        stages: in order.
        tables: those that the first stage is given.
        n_rows: rows that come of these.
    """

    stages: list[Stage]
    tables: list[pa.Table]
    n_rows: int


@dataclass(frozen=True)
class Group:
    """Stages that follow each other in the same workers."""

    resources: Resources
    stages: list[Stage]

    @property
    def one_by_one(self) -> bool:
        """Whether any of them wants rows alone."""
        return any(stage.one_by_one for stage in self.stages)


def grouped(stages: Iterable[Stage]) -> list[Group]:
    """Stages by the workers that they run in, in order."""
    groups: list[Group] = []
    for stage in stages:
        if groups and stage.resources in (None, groups[-1].resources):
            groups[-1].stages.append(stage)
        else:
            assert stage.resources is not None, f"'{stage.name}' comes first and names no workers"
            groups.append(Group(stage.resources, [stage]))
    return groups


def carry_out(flow: Flow, sizes: PoolSizes, counters: CountersHandle) -> None:
    """Send all tables through all stages; what the last one returns is dropped."""
    from tscreen.screen.engine.blocks import stream_of  # Ray takes seconds to import

    if not flow.tables:
        return
    rows, n_blocks = stream_of(flow.tables), len(flow.tables)
    groups = grouped(flow.stages)
    for group, after in zip(groups, [*groups[1:], None], strict=True):
        cut = after is not None and after.one_by_one and not group.one_by_one
        rows = _through(rows, group, sizes.pool(group.resources), n_blocks, counters, cut)
        n_blocks = flow.n_rows if cut else n_blocks
    for _ in rows.iter_internal_ref_bundles():
        pass


def _through(
    rows: "Dataset", group: Group, pool: Pool, n_blocks: int, counters: CountersHandle, cut: bool
) -> "Dataset":
    """The rows after a group of stages; with `cut` each goes on alone."""
    from ray.data import ActorPoolStrategy

    from tscreen.screen.engine.worker import LightWorker, Worker

    given: dict[str, Any] = {"stages": group.stages, "counters": counters, "cut": cut}
    reserved: dict[str, Any] = {"num_cpus": pool.cpus}
    if group.resources.computes:
        given["calls"] = pool.calls
        reserved["runtime_env"] = {"env_vars": _thread_limits(pool.threads)}
    if pool.gpus:
        reserved["num_gpus"] = pool.gpus
    return rows.map_batches(
        Worker if group.resources.computes else LightWorker,
        fn_constructor_kwargs=given,
        compute=ActorPoolStrategy(
            size=min(pool.size, n_blocks),
            max_concurrent_calls_per_actor=pool.calls,
            enable_true_multi_threading=pool.calls > 1,
        ),
        batch_size=None,
        batch_format="pyarrow",
        **reserved,
    )


def _thread_limits(threads: int) -> dict[str, str]:
    """Environment that makes all workers together fill the cores, no more."""
    return dict.fromkeys(NAMES, str(threads))
