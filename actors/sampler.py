"""The sampling stage: holds the model on a device, takes reactions, gives transition states."""

import threading
import time
from pathlib import Path

import pyarrow as pa
import torch

from tscreen.actors.stages import SampleStage
from tscreen.actors.workers.cells import Answer, good_rows, known, write_answers
from tscreen.model.inference.coverage import propose
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import RatedSamples, Recommendation
from tscreen.model.inference.loading import best_device, load_generator
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.status import Status

NO_MEMORY = (
    "DefaultCPUAllocator: can't allocate memory",
    "CUDA error: out of memory",  # a kernel is loaded when it is first used
    "_STATUS_ALLOC_FAILED",  # of cuBLAS or cuSOLVER
)
"""What errors of torch say that are no `OutOfMemoryError`."""


class Sampler:
    """Samples and ranks transition states for every row that was not rejected.

    It may be called by several threads: one reads and writes tables while another has the device.

    Args:
        sampling: How a reaction is sampled.
        weights: Folder of weights, by default the shipped ones.
        device: "cpu" or "cuda", by default a GPU where there is one.
        gpu_share: Of the GPU's memory that this sampler may fill.
        keep: Keep all samples, not only the candidates.
    """

    def __init__(
        self,
        sampling: Sampling,
        *,
        weights: Path | None = None,
        device: str | None = None,
        gpu_share: float = 1.0,
        keep: bool = False,
    ):
        self.device = device or best_device()
        if self.device == "cuda" and gpu_share < 1:
            torch.cuda.set_per_process_memory_fraction(gpu_share)
        self.model = load_generator(weights, self.device)
        self._sampling = sampling
        self._keep = keep
        self._turn = threading.Lock()

    def __call__(self, table: pa.Table) -> pa.Table:
        """The table with the recommended TS, its candidates and how far to trust it.

        Raises:
            MemoryError: the rows do not fit into the device's memory together.
        """
        start = time.perf_counter()
        rows = good_rows(table, *SampleStage.needs)
        reactions = reactions_of(table.take(pa.array(rows, pa.int64())))
        recommendations = self._recommend(reactions)
        atoms = sum(len(reaction.atomic_numbers) for reaction in reactions)
        seconds = (time.perf_counter() - start) / max(1, atoms)
        answers: list[Answer] = [
            {
                c.TS_POSITIONS: best.candidates.structures[0],
                c.CANDIDATES: best.candidates.structures.tolist(),
                c.CANDIDATE_LOG_RMSD: best.candidates.log_rmsd.tolist(),
                c.CANDIDATE_ODDS: best.candidates.good.tolist(),
                c.EXPECTED_RMSD: known(best.expected_rmsd),
                c.P_GOOD: best.p_good,
                c.GENERATED_P_GOOD: best.p_good,
                c.SAMPLE_SPREAD: known(best.sample_spread),
                c.N_SAMPLES: self._sampling.n_samples,
                c.SEED: self._sampling.seed,
                c.MODEL_VERSION: self.model.card.version,
                c.STATUS: Status.GENERATED,
                # the batch shares its time; by atom, as larger reactions take longer
                c.SAMPLE_S: seconds * len(reaction.atomic_numbers),
                c.SAMPLES: _told(best.samples) if self._keep else None,
            }
            for reaction, best in zip(reactions, recommendations, strict=True)
        ]
        kept = (c.SAMPLES,) if self._keep else ()
        return write_answers(table, rows, answers, (*SampleStage.gives, *kept))

    def _recommend(self, reactions: list[Reaction]) -> list[Recommendation]:
        try:
            return propose(self.model, reactions, self._sampling, turn=self._turn)
        except RuntimeError as error:
            if not (isinstance(error, torch.OutOfMemoryError) or _tells_of_memory(error)):
                raise
        # Outside of the handler: the error holds the tensors that filled the memory.
        if self.device == "cuda":
            torch.cuda.empty_cache()  # what torch keeps for later its libraries cannot have
        raise MemoryError(f"{len(reactions)} reactions do not fit into the memory of {self.device}")


def _tells_of_memory(error: RuntimeError) -> bool:
    return any(said in str(error) for said in NO_MEMORY)


def _told(samples: RatedSamples) -> list[Answer]:
    """All samples with their columns; their ranks are their places."""
    cells = zip(samples.structures, samples.expected_rmsd, samples.p_good, strict=True)
    return [
        {
            c.SAMPLE_POSITIONS: structure.tolist(),
            c.SAMPLE_EXPECTED_RMSD: float(expected),
            c.SAMPLE_P_GOOD: float(p_good),
        }
        for structure, expected, p_good in cells
    ]
