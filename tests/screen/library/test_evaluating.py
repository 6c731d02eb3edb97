"""What `tscreen.evaluate` gives is what the command prints, of files, tables and predictions."""

import json
from dataclasses import asdict

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import tscreen
from tscreen.model.evaluation.found import Standing
from tscreen.schemas import columns as c
from tscreen.screen.cli.main import app
from tscreen.screen.errors import UsageError

FEW = {"samples": 4, "steps": 1, "seed": 2}
ON_ONE_CORE = {**FEW, "threads": 1}


@pytest.fixture(scope="module")
def val(gdb7) -> pa.Table:
    return gdb7.filter(pc.equal(gdb7[c.SPLIT], "val")).slice(0, 3)


def printed(*words: object) -> dict[str, object]:
    done = CliRunner().invoke(app, ["evaluate", *map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_of_the_model_it_is_what_the_command_prints(val, tmp_path):
    pq.write_table(val, tmp_path / "val.parquet")
    options = [word for name, value in ON_ONE_CORE.items() for word in (f"--{name}", value)]
    told = printed(tmp_path / "val.parquet", *options)
    for reference in (tmp_path / "val.parquet", pl.DataFrame(val)):
        found = json.loads(json.dumps(asdict(tscreen.evaluate(reference, **ON_ONE_CORE))))
        assert found.keys() == told.keys()
        assert found["n_reactions"] == 3
        assert found["recommended"]["mean"] == pytest.approx(told["recommended"]["mean"])
        assert found["p_good_mean"] == pytest.approx(told["p_good_mean"])
        for level, barriers in told["barriers"].items():
            assert found["barriers"][level]["mae"] == pytest.approx(barriers["mae"])


def test_of_a_prediction_it_is_what_the_model_says(val):
    predicted = tscreen.predict(val, refine="none", **FEW).results
    found = tscreen.evaluate(val, predicted, threads=1)
    again = tscreen.evaluate(val, split=None, **ON_ONE_CORE)
    assert found.n == 3
    assert found.status == {"generated": 3}
    assert found.rmsd.mean == pytest.approx(again.recommended.mean, abs=1e-3)
    with pytest.raises(UsageError, match=r"no results of '.*' or any other reaction of the ref"):
        tscreen.evaluate(val, predicted.with_columns(reaction_id=pl.lit("other")))


def test_a_mirror_image_counts_as_found(val):
    one = val.slice(0, 1)
    refined = tscreen.predict(one, samples=4).results
    mirrored = [(np.array(ts) * [1, 1, -1]).tolist() for ts in refined[c.TS_POSITIONS]]
    refined = refined.with_columns(pl.Series(c.TS_POSITIONS, mirrored))
    found = tscreen.evaluate(one, refined, threads=1)
    shares = [found.found.share(one) for one in (Standing.NEAR, Standing.SAME)]
    assert (found.verified, *shares) == (1.0, 0.0, 1.0)
    assert tscreen.evaluate(one, refined, energies=False).found is None


def test_what_cannot_be_compared_is_told(val):
    broken = val.set_column(
        val.column_names.index(c.CHARGE), c.CHARGE, pa.array([0, 1, 0], val[c.CHARGE].type)
    )
    with pytest.warns(UserWarning, match="1 bad reactions left out, the first: .*electrons"):
        assert tscreen.evaluate(broken, energies=False, **ON_ONE_CORE).n_reactions == 2
    with pytest.raises(UsageError, match="has no reactions with split == 'train'"):
        tscreen.evaluate(val, split="train")
    with pytest.raises(UsageError, match="has no column 'ts_positions'"):
        tscreen.evaluate(val.drop_columns([c.TS_POSITIONS]))
    with pytest.raises(UsageError, match="has no column 'split'; choose no split"):
        tscreen.evaluate(val.drop_columns([c.SPLIT]))
