"""Carries stages out with Ray."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tscreen.actors.workers.threads import NAMES
from tscreen.screen.engine.cluster.session import ray_session
from tscreen.screen.engine.counters import Counters, Counting, Tally
from tscreen.screen.engine.engine import Engine
from tscreen.screen.engine.flow import Flow, Group, grouped
from tscreen.screen.engine.pools import Pool, PoolSizes
from tscreen.screen.engine.worker import LightWorker, Worker

if TYPE_CHECKING:
    from ray.data import Dataset


@contextmanager
def ray_engine(address: str | None, log: Path) -> Iterator["RayEngine"]:
    """Ray as an engine; see `session.ray_session`, also for what it raises."""
    with ray_session(address, log) as resources:
        yield RayEngine(resources, log)


class RayEngine(Engine):
    """Each worker is an actor, and each table a block that goes from one to the next."""

    @contextmanager
    def counters(self, totals: dict[str, int | None]) -> Iterator[Counting]:
        """See `Engine`."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # Beside this process, so that no loss of another machine can take the counters away.
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        actor = ray.remote(Counters).options(num_cpus=0, scheduling_strategy=here).remote(totals)
        try:
            yield RayCounters(actor)
        finally:
            ray.kill(actor)

    def carry_out(self, flow: Flow, sizes: PoolSizes, counters: Counting) -> None:
        """See `Engine`."""
        from tscreen.screen.engine.cluster.blocks import stream_of  # Ray takes seconds to import

        if not flow.tables:
            return
        rows, n_blocks = stream_of(flow.tables), len(flow.tables)
        for group in grouped(flow.stages):
            rows = _through(rows, group, sizes.pool(group.resources), n_blocks, counters)
            n_blocks = flow.n_rows if group.cut else n_blocks
        for _ in rows.iter_internal_ref_bundles():
            pass


class RayCounters:
    """Counters that live in an actor; waits for each answer, so that no tally is late."""

    def __init__(self, actor: Any):
        self._actor = actor

    def begin(self, *work: str | int) -> int:
        """See `Counters`."""
        return self._ask("begin", *work)

    def end(self, *work: str | int) -> None:
        """See `Counters`."""
        self._ask("end", *work)

    def since(self) -> float | None:
        """See `Counters`."""
        return self._ask("since")

    def note(self, name: str, rows: int, seconds: float) -> None:
        """See `Counters`."""
        self._ask("note", name, rows, seconds)

    def expect(self, name: str, total: int) -> None:
        """See `Counters`."""
        self._ask("expect", name, total)

    def read(self) -> dict[str, Tally]:
        """See `Counters`."""
        return self._ask("read")

    def _ask(self, method: str, *arguments: Any) -> Any:
        import ray

        return ray.get(getattr(self._actor, method).remote(*arguments))


class _OfBlocks:
    """A worker that is given blocks, and gives blocks."""

    def __init__(self, light: bool, **given: Any):
        self._worker = LightWorker(**given) if light else Worker(**given)

    def __call__(self, block: pa.Table) -> Iterator[pa.Table]:
        """Run all stages on a chunk, or on a row that goes alone."""
        from tscreen.screen.engine.cluster.blocks import blocks_of, unpacked

        return blocks_of(self._worker(unpacked(block)))


def _through(
    rows: "Dataset", group: Group, pool: Pool, n_blocks: int, counters: Counting
) -> "Dataset":
    """The rows after a group of stages."""
    from ray.data import ActorPoolStrategy

    given: dict[str, Any] = {
        "light": not group.resources.computes,
        "stages": group.stages,
        "counters": counters,
        "cut": group.cut,
    }
    reserved: dict[str, Any] = {"num_cpus": pool.cpus}
    if group.resources.computes:
        given["calls"] = pool.calls
        reserved["runtime_env"] = {"env_vars": _thread_limits(pool.threads)}
    if pool.gpus:
        reserved["num_gpus"] = pool.gpus
    return rows.map_batches(
        _OfBlocks,
        fn_constructor_kwargs=given,
        compute=ActorPoolStrategy(
            size=min(pool.size, n_blocks),
            max_concurrent_calls_per_actor=pool.calls,
            enable_true_multi_threading=pool.calls > 1,
        ),
        batch_size=1,  # a block, see `blocks`; with GPUs Ray wants it told
        batch_format="pyarrow",
        **reserved,
    )


def _thread_limits(threads: int) -> dict[str, str]:
    """Environment that makes all workers together fill the cores, no more."""
    return dict.fromkeys(NAMES, str(threads))
