"""The stages of a run, as every kind of settings orders them."""

from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.actors.workers.stage import BUILDER, CALCULATOR, LIGHT, SAMPLER, Stage
from tscreen.screen.engine.flow import grouped
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.inputs.smiles_csv import SmilesChunk
from tscreen.screen.runs.pipeline import scoring, stage_totals, writing
from tscreen.screen.runs.work import Work

KINDS = [
    {},
    {"energies": False},
    {"refine": "none"},
    {"min_p_good": 0.5},
    {"fallback_fraction": 0.14},
]
CHUNK = SmilesChunk("in.csv", [0, 1, 2], [], pa.table({"smiles": ["a", "b", "c"]}))


def flows(out: Path, kind: dict) -> tuple[list[list[Stage]], dict[str, int | None]]:
    settings = Settings(input="in.csv", out=out, **kind)
    work, stages = Work([CHUNK], [CHUNK], [CHUNK], {}), shipped(settings)
    first = [scoring(work, settings, stages)] if settings.fallback_fraction else []
    return [*first, writing(work, settings, stages)], stage_totals(settings, work, stages)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_stage_needs_an_earlier_one_gives(kind, tmp_path):
    given: set[str] = set()
    for flow in flows(tmp_path, kind)[0]:
        for stage in flow:
            assert set(stage.needs) <= given, stage.name
            given |= set(stage.gives)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_counts_every_stage_in_order(kind, tmp_path):
    there, totals = flows(tmp_path, kind)
    assert list(totals) == [stage.name for flow in there for stage in flow] + ["compact"]
    unknown = [name for name, total in totals.items() if total is None]
    assert unknown == (["refine"] if "min_p_good" in kind or "fallback_fraction" in kind else [])
    assert {total for total in totals.values() if total is not None} == {3}


def test_a_row_is_cut_loose_before_it_is_calculated_and_searched_in_the_same_worker(tmp_path):
    (flow,), _ = flows(tmp_path, {})
    groups = grouped(flow)
    names = [[stage.name for stage in group.stages] for group in groups]
    assert names == [
        ["read"],
        ["build", "validate"],
        ["sample"],
        ["energies", "choose", "refine"],
        ["write"],
    ]
    assert [group.resources for group in groups] == [LIGHT, BUILDER, SAMPLER, CALCULATOR, LIGHT]
    assert [group.one_by_one for group in groups] == [False, False, False, True, False]
