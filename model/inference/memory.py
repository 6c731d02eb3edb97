"""How much goes through the network at once, by the memory of the device."""

from functools import lru_cache
from typing import NamedTuple

import torch

# float32, without gradients, at the peak of a pass: `bench/model/sampler_memory.py`
BYTES_PER_PAIR = 5_400
"""Of the trunk, for each pair of atoms of a batch."""
BYTES_PER_PAIR_SAMPLE = 1_800
"""Of the denoiser, for each pair of each sample; the recommender takes half of it."""
SCORED = 2
"""So many times what goes through the denoiser at once goes through the recommender."""

USED = 0.6
"""Of the memory that is free: an allocator's fragments and a library's workspace need the rest."""
LARGEST = 3_000_000
"""Pairs times samples beyond which tensors would outgrow the 32-bit indices of many kernels."""


class BatchSize(NamedTuple):
    """What goes through at once.

    Attributes:
        pairs: of atoms, through the trunk.
        pair_samples: pairs times samples, through the denoiser.
        scored: pairs times samples, through the recommender, which sees all samples together;
            None where nothing bounds it.
    """

    pairs: int
    pair_samples: int
    scored: int | None = None

    def pairs_with(self, n_samples: int) -> int:
        """Pairs of a batch of reactions with so many samples of each."""
        if self.scored is None:
            return self.pairs
        return max(1, min(self.pairs, self.scored // n_samples))


# Not bounded by memory: here the working set stays near the caches.
ON_CPU = BatchSize(1_500, 30_000)


@lru_cache
def batch_size(device: str) -> BatchSize:
    """What goes through a device at once; on a GPU by the memory free at the first call."""
    if device == "cpu":
        return ON_CPU
    free, total = torch.cuda.mem_get_info()
    return fitting(min(free, int(torch.cuda.get_per_process_memory_fraction() * total)))


def fitting(free: int) -> BatchSize:
    """What fits into so many bytes."""
    pairs = max(1, min(int(USED * free / BYTES_PER_PAIR), LARGEST))
    pair_samples = max(1, min(int(USED * free / BYTES_PER_PAIR_SAMPLE), LARGEST))
    return BatchSize(pairs, pair_samples, SCORED * pair_samples)


def gpus() -> list[tuple[str, int]]:
    """Name and bytes of memory of every GPU that can be used."""
    if not torch.cuda.is_available():
        return []
    found = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [(one.name, one.total_memory) for one in found]
