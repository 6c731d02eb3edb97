"""How many workers of each kind a run gets, and what each of them reserves of a machine.

Ray counts reservations, it does not enforce them. The shares below add up to less than one core,
so that every core can host one worker of each kind and still run the light tasks that feed them:
whichever of them has work uses the core. This lets a run finish on a single core, and keeps a
pool of workers from starving the tasks that read its input.
"""

from dataclasses import dataclass

SAMPLER_SHARE = 0.3
XTB_SHARE = 0.35
BUILDER_SHARE = 0.2
TASK_SHARE = 0.05
"""Cores that one worker of the kind reserves; reading and writing may each use one share."""

CORES_PER_TASK = 4
"""One light task (reading, validating, writing) keeps at least this many cores busy."""


@dataclass(frozen=True)
class Crew:
    """The sizes of the pools on a cluster.

    Attributes:
        cores: of the whole cluster when the run starts.
        samplers: sampler processes.
        sampler_gpus: GPUs of each, 0 or 1.
    """

    cores: int
    samplers: int
    sampler_gpus: int

    @property
    def tasks(self) -> int:
        """Light tasks of one kind that may run at the same time."""
        return max(1, self.cores // CORES_PER_TASK)

    @property
    def sampler_share(self) -> float:
        """Cores that a sampler reserves; less where more samplers are wanted than cores."""
        return SAMPLER_SHARE * min(1.0, self.cores / self.samplers)

    @property
    def sampler_threads(self) -> int:
        """Threads of a sampler: together they fill the cores."""
        return max(1, self.cores // self.samplers)


def hire(resources: dict[str, float], samplers: int | None) -> Crew:
    """Decide the sizes of the pools.

    Args:
        resources: what Ray says of the cluster, for example `{"CPU": 8.0, "GPU": 1.0}`.
        samplers: how many are wanted; by default one for each GPU, or without any GPU one for
            each core.
    """
    cores = max(1, int(resources.get("CPU", 1)))
    gpus = int(resources.get("GPU", 0))
    return Crew(cores, samplers or gpus or cores, 1 if gpus else 0)
