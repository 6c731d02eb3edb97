"""A run whose sampler is a stand-in, in a process that can be killed."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tscreen.actors.stages import SampleStage
from tscreen.actors.workers.cells import good_rows, write_answers
from tscreen.actors.workers.stage import Shared, Transform
from tscreen.schemas import columns as c
from tscreen.screen.engine.progress import Show, Tallies
from tscreen.screen.engine.settings import EngineName, Refine, Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.runs.run import run


class MeanSampler(SampleStage):
    """Takes the mean of both sides for the transition state."""

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return sampled


def sampled(table: pa.Table) -> pa.Table:
    """The rows with all that a sampler gives."""
    rows = good_rows(table)
    sides = [table[name].to_pylist() for name in (c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS)]
    answers = [
        {
            c.TS_POSITIONS: np.mean([sides[0][row], sides[1][row]], axis=0),
            c.EXPECTED_RMSD: 0.1,
            c.P_GOOD: (row + 1) / 33,
            c.N_SAMPLES: 1,
            c.SEED: 0,
            c.MODEL_VERSION: "stand-in",
            c.STATUS: "generated",
            c.SAMPLE_S: 0.001,
        }
        for row in rows
    ]
    return write_answers(table, rows, answers, SampleStage.gives)


class Counted(Show):
    """Writes the number of rows that are written to a file."""

    def __init__(self, file: Path) -> None:
        """Count in a file."""
        self._file = file

    def update(self, tallies: Tallies) -> None:
        """See `Show`."""
        beside = self._file.with_suffix(".tmp")
        beside.write_text(str(tallies["write"].rows))
        beside.replace(self._file)


def run_standin(reactions: str, out: str, engine: str, counted: str) -> None:
    """Run, or go on with, reactions without energies."""
    settings = Settings(
        input=reactions, out=out, engine=EngineName(engine), energies=False, refine=Refine.NONE
    )
    if settings.engine is EngineName.RAY:
        from ray import cloudpickle  # takes seconds

        # Workers import nothing from the folder of this file.
        cloudpickle.register_pickle_by_value(sys.modules[__name__])
    stages = shipped(settings)
    sample = MeanSampler(**vars(stages.sample))
    run(settings, Counted(Path(counted)), replace(stages, sample=sample))
