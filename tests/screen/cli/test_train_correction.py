"""`tscreen train --part correction`, for a level of theory of one's own."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from commands import tscreen
from conftest import reaction_row, reaction_table

from tscreen.model.correction.card import read_correction_card
from tscreen.model.correction.committee import load_committee

TS = np.array([[1.1, 0.0, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 1.18]])
OWN = "a level of one's own"


@pytest.fixture
def command(tmp_path, monkeypatch) -> list[object]:
    rows = [
        reaction_row(
            f"r{number}",
            ts_positions=(TS + 0.01 * np.random.default_rng(number).normal(size=(3, 3))).tolist(),
            split="val" if number > 57 else "train",
            barrier_kcal_mol=45.0,
            barrier_level=OWN,
        )
        for number in range(60)
    ]
    pq.write_table(reaction_table(*rows), tmp_path / "own.parquet")
    monkeypatch.setattr(  # which is a run
        "tscreen.screen.runs.calibrating.calibrate_correction",
        lambda _tables, out, _show: read_correction_card(out),
    )
    options = ["--max-minutes", 0.1, "--threads", 1, "--folds", 0, "--json"]
    return ["train", tmp_path / "own.parquet", "--out", tmp_path / "out", *options]


@pytest.mark.parametrize("part", ["correction", "all"])
def test_it_goes_on_from_the_shipped_one_and_keeps_its_levels(command, tmp_path, part):
    done = tscreen(*command, "--init", "shipped", "--part", part)
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["metrics"]
    metrics = metrics if part == "correction" else metrics["correction"]
    assert metrics["own"]["barrier"][0] < metrics["own"]["gfn2_barrier"][0]
    shipped, found = load_committee(), load_committee(tmp_path / "out")
    assert [level.name for level in found.card.levels] == [
        OWN,
        *(level.name for level in shipped.card.levels),
    ]
    assert set(metrics) == {"own", *shipped.card.metrics}


def test_weights_to_begin_with_that_are_not_there_are_told(command, tmp_path):
    done = tscreen(*command, "--init", tmp_path / "nothing", "--part", "correction")
    assert done.returncode == 2
    assert "no correction of GFN2-xTB" in done.stderr
