"""What a run on rows with known transition states teaches the card of a correction."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from reactions import random_reaction

from tscreen.model.correction.card import CorrectedLevel, CorrectionCard
from tscreen.model.reactions.batch import prepare
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.schemas import columns as c
from tscreen.screen.runs import calibrating
from tscreen.screen.runs.calibrating import calibrated, calibrating_rows

LEVEL, OTHER = "level", "other"
LABELS = Path(__file__).parents[3] / "bench" / "model" / "labels"


def card() -> CorrectionCard:
    levels = [
        CorrectedLevel(name, frozenset({1, 6}), 20, frozenset({(0, 1)}), 1.0, 1.0)
        for name in (LEVEL, OTHER)
    ]
    return CorrectionCard("delta", "hash", {}, 3, levels)


def reference(seed: int) -> ReferenceReaction:
    reaction = random_reaction(seed, n=5)
    middle = (reaction.reactant_positions + reaction.product_positions) / 2
    return ReferenceReaction(
        reaction, prepare(reaction, middle), split="val", barrier=30.0, level=LEVEL
    )


def result(row: ReferenceReaction, off: float, status: str = "refined") -> dict:
    ts = row.prepared.ts
    assert ts is not None
    moved = ts + off * np.random.default_rng(0).normal(size=ts.shape)
    return {
        c.REACTION_ID: row.reaction_id,
        c.STATUS: status,
        c.TS_POSITIONS: moved.tolist(),
        c.GENERATED_P_GOOD: 0.6,
        c.EXPECTED_RMSD: 0.2,
        c.FORCE_DISAGREEMENT: 0.05 + off,
        c.BARRIER_DISAGREEMENT: 0.5 + off,
        c.REFINEMENT_RMSD: 0.1,
        c.CONFORMER_GAIN: 0.0,
        c.XTB_ROUTE: "candidate-1",
        c.CONNECTS: "reactant-product",
        c.IMAGINARY_FREQUENCY: 900.0,
        c.BARRIER_ML: 30.0 + 4 * off,
        c.BARRIER_ML_LEVEL: LEVEL,
    }


def generated(rows: dict[str, ReferenceReaction], off: float = 0.2) -> pl.LazyFrame:
    return pl.LazyFrame(
        [
            {key: result(row, off)[key] for key in (c.REACTION_ID, c.TS_POSITIONS)}
            for row in rows.values()
        ]
    )


@pytest.fixture(scope="module")
def rows() -> dict[str, ReferenceReaction]:
    return {row.reaction_id: row for row in map(reference, range(40))}


def test_a_level_with_enough_refined_rows_is_calibrated_and_another_is_not(rows):
    results = pl.LazyFrame([result(row, 0.01 * k) for k, row in enumerate(rows.values())])
    found = calibrated(card(), rows, results, generated(rows))
    first, second = found.levels
    assert first.calibration["interval"] > 0
    assert first.calibration["gain"] > 0
    assert not second.calibration
    assert found.version == "delta+40"
    assert found.training["calibration_rows"] == {LEVEL: 40}
    assert calibrated(found, rows, results, generated(rows)).version == "delta+40"


def test_rows_calibrate_their_level_in_their_own_electronic_state_alone(rows):
    known = card()
    known.levels[1] = replace(known.levels[1], name=LEVEL, states=frozenset({(-1, 1)}))
    results = pl.LazyFrame([result(row, 0.01 * k) for k, row in enumerate(rows.values())])
    found = calibrated(known, rows, results, generated(rows))
    assert [bool(level.calibration) for level in found.levels] == [True, False]


def test_a_level_without_rows_keeps_its_calibration(rows):
    known = replace(card(), training={"calibration_rows": {OTHER: 7}})
    known.levels[1] = replace(known.levels[1], calibration={"gain": 0.5})
    results = pl.LazyFrame([result(row, 0.01 * k) for k, row in enumerate(rows.values())])
    found = calibrated(known, rows, results, generated(rows))
    assert found.levels[1].calibration == {"gain": 0.5}
    assert found.training["calibration_rows"] == {LEVEL: 40, OTHER: 7}
    assert found.version == "delta+47"
    cleared = calibrating._uncalibrated(found, {LEVEL})
    assert [bool(level.calibration) for level in cleared.levels] == [False, True]


def test_where_generated_structures_were_better_the_gain_is_negative(rows):
    results = pl.LazyFrame([result(row, 0.5) for row in rows.values()])
    (level, _) = calibrated(card(), rows, results, generated(rows, off=0.01)).levels
    assert level.calibration["gain"] < 0


def test_rows_that_were_not_refined_or_are_not_ours_teach_nothing(rows):
    results = [result(row, 0.1, status="failed") for row in rows.values()]
    stranger = {**result(next(iter(rows.values())), 0.1), c.REACTION_ID: "a stranger"}
    found = calibrated(card(), rows, pl.LazyFrame([*results, stranger]), generated(rows))
    assert not any(level.calibration for level in found.levels)


def test_only_half_of_the_validation_rows_calibrates(gdb7, tmp_path, monkeypatch):
    table = gdb7.slice(0, 600)
    pq.write_table(table, tmp_path / "table.parquet")
    found = calibrating_rows([tmp_path / "table.parquet"])
    val = set(table.filter(pc.field("split") == "val")[c.REACTION_ID].to_pylist())
    assert 0 < len(found) < len(val)
    assert set(found) < val
    monkeypatch.setattr(calibrating, "MAX_ATOMS", 12)
    smaller = calibrating_rows([tmp_path / "table.parquet"])
    assert all(row.prepared.n_atoms <= 12 for row in smaller.values())


def test_structures_that_are_no_transition_states_calibrate_nothing():
    assert calibrating_rows([LABELS / "radicals.parquet"]) == {}
