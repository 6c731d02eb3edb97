"""What is evaluated is what a run does: the same TS, certainty and barrier."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tscreen.actors.energies import BarrierPredictor
from tscreen.actors.quantum.single_points import single_points
from tscreen.actors.sampler import Sampler
from tscreen.model.evaluation.evaluation import evaluate
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import load_model
from tscreen.model.reactions.data import _references
from tscreen.schemas import columns as c


def test_the_stages_of_a_run_give_what_evaluate_reports(gdb7, tmp_path):
    table = gdb7.filter(pc.equal(gdb7[c.SPLIT], "val")).slice(0, 6)
    rows = _references(table, tmp_path).rows
    _, errors = evaluate(
        load_model(),
        rows,
        lambda *args: [single_points(*one) for one in zip(*args, strict=True)],
        Sampling(8, 1, seed=3),
    )
    told = {error.reaction_id: error for error in errors}
    bare = table.drop_columns([c.TS_POSITIONS, c.BARRIER])
    bare = bare.append_column(c.REJECT_CODE, pa.nulls(len(bare), pa.string()))
    sampled = Sampler(Sampling(8, 1, 3), device="cpu")(bare)
    for row in BarrierPredictor()(sampled).to_pylist():
        expected = told[row[c.REACTION_ID]]
        assert row[c.P_GOOD] == pytest.approx(expected.p_good, abs=1e-3)
        assert row[c.EXPECTED_RMSD] == pytest.approx(expected.expected_rmsd, rel=1e-2)
        assert row[c.BARRIER] == pytest.approx(expected.barrier.xtb, abs=0.1)
        assert row[c.BARRIER_ML] == pytest.approx(expected.barrier.predicted.value, abs=0.1)
        low, high = expected.barrier.predicted.low, expected.barrier.predicted.high
        assert np.allclose([row[c.BARRIER_ML_LOW], row[c.BARRIER_ML_HIGH]], [low, high], atol=0.2)
