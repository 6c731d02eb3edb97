"""How many workers of each kind a run gets, and what each of them reserves of a machine."""

from dataclasses import dataclass

from tscreen.actors.workers.stage import Resources
from tscreen.screen.errors import UsageError


@dataclass(frozen=True)
class Pool:
    """The workers of one kind on a cluster.

    Attributes:
        size: how many there are.
        cpus: cores that each reserves.
        gpus: GPUs that each reserves.
        threads: of each.
        calls: chunks that each has in hand.
    """

    size: int
    cpus: float
    gpus: float = 0.0
    threads: int = 1
    calls: int = 1


@dataclass(frozen=True)
class PoolSizes:
    """What there is to share out.

    Attributes:
        cores: of the whole cluster when the run starts.
        samplers: workers that take GPUs where there are any.
        sampler_gpus: GPUs of each, 0 where there are none, a fraction where they share one.
    """

    cores: int
    samplers: int
    sampler_gpus: float

    def pool(self, resources: Resources) -> Pool:
        """The workers that declare such resources."""
        if not resources.gpu:
            return Pool(max(1, int(self.cores * resources.per_core)), resources.cores)
        return Pool(
            self.samplers,
            # Less where more samplers are wanted than there are cores.
            resources.cores * min(1.0, self.cores / self.samplers),
            self.sampler_gpus,
            threads=max(1, self.cores // self.samplers),
            # On a GPU it prepares one while another runs.
            calls=2 if self.sampler_gpus else 1,
        )


def size_pools(
    resources: dict[str, float], samplers: int | None, gpus_per_sampler: float | None = None
) -> PoolSizes:
    """Decide the sizes of the pools.

    Args:
        resources: what Ray says of the cluster, for example `{"CPU": 8.0, "GPU": 1.0}`.
        samplers: how many are wanted; by default as many as the GPUs take, or without any GPU one
            for each core.
        gpus_per_sampler: GPUs of each sampler, a fraction where they share one; 0 keeps them off
            GPUs, and by default each gets a whole one where there are any.

    Raises:
        UsageError: GPUs are asked for where there are none.
    """
    cores = max(1, int(resources.get("CPU", 1)))
    gpus = int(resources.get("GPU", 0))
    each = gpus_per_sampler if gpus_per_sampler is not None else min(1, gpus)
    if each > gpus and not samplers:
        raise UsageError(
            f"--gpus-per-sampler {each:g}, but this cluster has {gpus} GPUs; leave it out, or say "
            "with --workers how many samplers the cluster is to grow for"
        )
    # No sampler spans two GPUs, so what is left of one is left.
    fitting = (gpus * int(1 / each) if each <= 1 else int(gpus / each)) if each else cores
    return PoolSizes(cores, samplers or fitting, each)
