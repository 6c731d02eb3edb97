"""The sampling stage: holds the model on a device, takes reactions, gives transition states."""

import time
from pathlib import Path

import pyarrow as pa

from actors.rows import Answer, good_rows, write_answers
from model.generator import recommend
from model.loading import best_device, load_model
from schemas import columns as c
from schemas.reaction import reactions_of
from schemas.status import Status


class SamplerStage:
    """Samples and ranks transition states for every row that was not rejected."""

    def __init__(
        self,
        *,
        n_samples: int,
        steps: int,
        seed: int,
        weights: Path | None = None,
        device: str | None = None,
    ):
        self.device = device or best_device()
        self.model = load_model(weights, self.device)
        self.n_samples, self.steps, self.seed = n_samples, steps, seed

    def __call__(self, table: pa.Table) -> pa.Table:
        """The table with the recommended TS, its candidates and how far to trust it."""
        start = time.perf_counter()
        rows = good_rows(table, c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS)
        reactions = reactions_of(table.take(pa.array(rows, pa.int64())))
        recommendations = recommend(
            self.model,
            reactions,
            n_samples=self.n_samples,
            steps=self.steps,
            seed=self.seed,
            device=self.device,
        )
        atoms = sum(len(reaction.atomic_numbers) for reaction in reactions)
        seconds = (time.perf_counter() - start) / max(1, atoms)
        answers: list[Answer] = [
            {
                c.TS_POSITIONS: best.candidates.structures[0],
                c.CANDIDATES: best.candidates.structures.tolist(),
                c.CANDIDATE_LOG_RMSD: best.candidates.log_rmsd.tolist(),
                c.CANDIDATE_ODDS: best.candidates.good.tolist(),
                c.EXPECTED_RMSD: best.expected_rmsd,
                c.P_GOOD: best.p_good,
                c.SAMPLE_SPREAD: best.sample_spread,
                c.N_SAMPLES: self.n_samples,
                c.SEED: self.seed,
                c.MODEL_VERSION: self.model.card.version,
                c.STATUS: Status.GENERATED,
                # the batch shares its time; by atom, as larger reactions take longer
                c.SAMPLE_S: seconds * len(reaction.atomic_numbers),
            }
            for reaction, best in zip(reactions, recommendations, strict=True)
        ]
        return write_answers(table, rows, answers, c.SAMPLED)
