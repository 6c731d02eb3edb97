"""What the stages declare is what they do."""

import ast
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import reaction_row, reaction_table

from tscreen.actors import stages as declared
from tscreen.actors.energies import BarrierPredictor
from tscreen.actors.sampler import Sampler
from tscreen.actors.stages import BuildStage, EnergyStage, RefineStage, SampleStage
from tscreen.actors.workers.stage import Shared, at_work, shared_by
from tscreen.model.inference.defaults import Sampling
from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES

SAMPLE = SampleStage(Sampling(2, 1, 0))
ENERGIES = EnergyStage(weights=None, temperature=300.0)


@pytest.mark.parametrize("stage", [BuildStage, SampleStage, EnergyStage, RefineStage])
def test_declared_columns_are_columns(stage):
    assert set(stage.needs) | set(stage.gives) <= set(TYPES)
    assert len(set(stage.gives)) == len(stage.gives)


def test_stages_give_the_columns_that_they_declare():
    table = reaction_table(reaction_row("one"))
    table = table.append_column(c.REJECT_CODE, pa.nulls(1, pa.string()))
    stages = [SAMPLE, ENERGIES]
    for stage, transform in at_work(stages, shared_by(stages)):
        before = set(table.column_names)
        assert set(stage.needs) <= before
        table = transform(table)
        assert set(table.column_names) == before | set(stage.gives)


def test_the_stages_of_one_worker_share_a_child_that_imports_what_any_of_them_wants():
    refine = RefineStage(level="gfn2-xtb", timeout_s=1.0, weights=None, temperature=300.0)
    stages = [ENERGIES, refine]
    shared = shared_by(stages)
    (_, energies), (_, refining) = at_work(stages, shared)
    assert energies._run is refining._run
    assert refining._run._preload == ("tscreen.actors.quantum.optimiser", "tscreen.actors.verified")
    assert Shared().child is not Shared().child
    shared.close()


def test_declaring_a_stage_loads_nothing_heavy():
    tree = ast.parse(Path(declared.__file__).read_text())
    imported = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    light = ("tscreen.actors.defaults", "tscreen.actors.workers.stage")
    assert not [name for name in imported if name and "actors" in name and name not in light]
    assert isinstance(SAMPLE.make(Shared()), Sampler)
    assert isinstance(ENERGIES.make(Shared()), BarrierPredictor)
