"""How many workers of each kind a run gets, and what each of them reserves of a machine.

Ray counts reservations, it does not enforce them. The shares below add up to less than one core,
so that every core can host one worker of each kind and still the light ones that feed them:
whichever of them has work uses the core. This lets a run finish on a single core, and keeps a
pool of workers from starving those that read its input.
"""

from dataclasses import dataclass

from tscreen.screen.errors import UsageError

SAMPLER_SHARE = 0.25
ENERGIES_SHARE = 0.2
REFINER_SHARE = 0.25
BUILDER_SHARE = 0.15
LIGHT_SHARE = 0.05
"""Cores that one worker of the kind reserves; reading and writing may each use one share."""

CORES_PER_LIGHT = 4
"""One light worker (reading, validating, writing) keeps at least this many cores busy."""


@dataclass(frozen=True)
class PoolSizes:
    """The sizes of the pools on a cluster.

    Attributes:
        cores: of the whole cluster when the run starts.
        samplers: sampler processes.
        sampler_gpus: GPUs of each, 0 where there are none, a fraction where they share one.
    """

    cores: int
    samplers: int
    sampler_gpus: float

    @property
    def light(self) -> int:
        """Light workers of one kind."""
        return max(1, self.cores // CORES_PER_LIGHT)

    @property
    def sampler_calls(self) -> int:
        """Chunks that a sampler has in hand: on a GPU it prepares one while another runs."""
        return 2 if self.sampler_gpus else 1

    @property
    def sampler_share(self) -> float:
        """Cores that a sampler reserves; less where more samplers are wanted than cores."""
        return SAMPLER_SHARE * min(1.0, self.cores / self.samplers)

    @property
    def sampler_threads(self) -> int:
        """Threads of a sampler: together they fill the cores."""
        return max(1, self.cores // self.samplers)


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
