"""The command line with the shipped weights and real chemistry, some of it on a real Ray."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from commands import tscreen

from tscreen.schemas import columns as c
from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS

pytestmark = pytest.mark.slow

SMILES = """reaction_id,smiles,family
hcn,[C:1](#[N:2])[H:3]>>[C-:1]#[N+:2][H:3],isomerisation
vinyl_alcohol,[CH2:1]=[CH:2][O:3][H:4]>>[CH2:1]([H:4])[CH:2]=[O:3],H shift
broken,this is no SMILES,none
"""

SWEEP = """
template: keto_enol
reaction: "[CH2:1]=[C:2]([*:11])[O:3][H:4]>>[CH2:1]([H:4])[C:2]([*:11])=[O:3]"
substituents:
  R: {atom: 11, library: groups.csv}
"""


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from tscreen.screen.cli.main import main; main()",
        *map(str, arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)


@pytest.fixture(scope="module")
def from_smiles(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("smiles")
    (folder / "in.csv").write_text(SMILES)
    done = process(
        *("run", folder / "in.csv", "--out", folder / "out", "--samples", 8, "--steps", 4),
        "--json",
    )
    return done, folder / "out"


def test_every_row_ends_in_results_or_rejects(from_smiles):
    done, out = from_smiles
    assert done.returncode == 0, done.stderr
    results = pq.read_table(out / "results")
    rejects = pq.read_table(out / "rejects")
    assert sorted(results[c.REACTION_ID].to_pylist()) == ["hcn", "vinyl_alcohol"]
    assert rejects.select([c.REACTION_ID, c.CODE]).to_pylist() == [
        {c.REACTION_ID: "broken", c.CODE: "bad_smiles"}
    ]
    assert results.schema.names[: len(RESULT_FIELDS)] == RESULT_FIELDS.names
    assert rejects.schema.names == REJECT_FIELDS.names


def test_results_are_chemistry(from_smiles):
    _, out = from_smiles
    rows = {row[c.REACTION_ID]: row for row in pl.read_parquet(out / "results").to_dicts()}
    for row in rows.values():
        positions = np.array(row[c.TS_POSITIONS])
        assert positions.shape == (len(row[c.ATOMIC_NUMBERS]), 3)
        apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
        assert apart[np.triu_indices(len(positions), 1)].min() > 0.7
        assert 0 <= row[c.P_GOOD] <= 1
        assert row[c.EXPECTED_RMSD] > 0
        assert row[c.WALL_S] > 0
        energies = [row[c.BARRIER], row[c.REVERSE_BARRIER], row[c.REACTION_ENERGY]]
        assert energies[0] - energies[1] == pytest.approx(energies[2], abs=1e-6)
        assert row[c.BARRIER_ML_LOW] < row[c.BARRIER_ML] < row[c.BARRIER_ML_HIGH]
        assert row[c.RATE_CONSTANT] > 0
    assert rows["hcn"][c.REACTION_ENERGY] > 5  # HNC lies above HCN
    assert rows["vinyl_alcohol"][c.REACTION_ENERGY] < 0  # the aldehyde is the stabler tautomer
    assert rows["hcn"]["family"] == "isomerisation"


def test_every_transition_state_was_searched_on_the_corrected_surface(from_smiles):
    _, out = from_smiles
    for row in pl.read_parquet(out / "results").to_dicts():
        assert row[c.XTB_ROUTE].startswith("candidate-1")
        assert row[c.WARNINGS] is not None
        if row[c.STATUS] == "failed":
            assert row[c.ERROR_CODE]
            continue
        assert row[c.STATUS] in ("refined", "generated")
        assert (row[c.VERIFIED], row[c.N_IMAGINARY]) == (True, 1)
        assert row[c.FORCE_DISAGREEMENT] > 0
        if row[c.STATUS] == "refined":
            assert row[c.ENERGY_LEVEL] == "GFN2-xTB+delta//GFN2-xTB+delta"
            assert row[c.GIBBS_BARRIER] is not None
    report = json.loads((out / "run.json").read_text())
    assert report["settings"]["level"] == "gfn2-xtb+delta"
    assert report["weights"]["correction_sha256"]
    assert report["stages"]["refine"]["rows"] == 2


def test_the_report_says_what_was_run(from_smiles):
    done, out = from_smiles
    report = json.loads((out / "run.json").read_text())
    assert report == json.loads(done.stdout)
    assert report["counts"]["rows"] == 3
    assert report["counts"]["reject_code"] == {"bad_smiles": 1}
    assert report["weights"]["sha256"]
    assert report["settings"]["samples"] == 8


def test_top_ranks_the_verified_by_barrier(from_smiles):
    _, out = from_smiles
    done = tscreen("top", out, "--json")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    verified = [row[c.BARRIER_ML] for row in rows if row[c.VERIFIED] and not row[c.WARNINGS]]
    assert verified == sorted(verified)
    assert verified == [row[c.BARRIER_ML] for row in rows][: len(verified)]


def test_two_workers_on_ray_change_no_geometry(gdb7, ray_cluster, tmp_path):
    pq.write_table(gdb7.slice(0, 40), tmp_path / "in.parquet")
    positions = []
    for engine in (["--engine", "local"], ["--address", ray_cluster, "--workers", 2]):
        out = tmp_path / f"out{len(engine)}"
        done = tscreen(
            *("run", tmp_path / "in.parquet", "--out", out, "--samples", 4, "--steps", 3),
            *("--no-energies", *engine),
        )
        assert done.returncode == 0, done.stderr
        rows = pl.read_parquet(out / "results").sort(c.REACTION_ID)
        assert rows.height == 40
        positions.append(np.concatenate([np.array(x) for x in rows[c.TS_POSITIONS].to_list()]))
    assert np.abs(positions[0] - positions[1]).max() < 1e-3


def test_what_a_cluster_has_built_of_a_sweep_is_screened(ray_cluster, tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    (tmp_path / "groups.csv").write_text("name,smiles\nhydrogen,*[H]\nfluoro,*F\n")
    reactions, out = tmp_path / "reactions.parquet", tmp_path / "out"
    swept = tscreen("sweep", tmp_path / "sweep.yaml", "--out", reactions, "--address", ray_cluster)
    assert swept.returncode == 0, swept.stderr
    ran = tscreen("run", reactions, "--out", out, "--samples", 4, "--no-energies")
    assert ran.returncode == 0, ran.stderr
    assert sorted(pl.read_parquet(out / "results")["R"].to_list()) == ["fluoro", "hydrogen"]


def test_where_no_cluster_answers_is_a_wrong_use(tmp_path):
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    (tmp_path / "groups.csv").write_text("name,smiles\nhydrogen,*[H]\n")
    reactions = tmp_path / "reactions.parquet"
    done = tscreen("sweep", tmp_path / "sweep.yaml", "--out", reactions, "--address", "127.0.0.1:1")
    assert done.returncode == 2
    assert "nothing answers at --address 127.0.0.1:1" in done.stderr


def test_evaluate_prints_the_honest_figures_first(gdb7, tmp_path):
    pq.write_table(gdb7.filter(pc.equal(gdb7["split"], "val")).slice(0, 12), tmp_path / "v.pq")
    done = tscreen(
        *("evaluate", tmp_path / "v.pq", "--samples", 4, "--steps", 3, "--json"),
        *("--plots", tmp_path / "plots", "--threads", 1),
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["n_reactions"] == 12
    assert figures["best_of_samples"]["mean"] <= figures["recommended"]["mean"]
    (barriers,) = figures["barriers"].values()
    assert barriers["n"] == 12
    assert barriers["mae"] < barriers["xtb_mae"]
    assert barriers["risk"]["oracle"][50] <= barriers["risk"]["by_certainty"][50]
    assert 0 < sum(one["count"] for one in figures["reliability"]) < 12
    pictures = {path.name for path in (tmp_path / "plots").iterdir()}
    assert pictures == {"reliability.png", "risk.png", "barriers.png"}
    assert figures["permissive"]["mean"] <= figures["recommended"]["mean"] + 1e-6
    assert figures["recommended"]["median"] < figures["prior"]["median"]
    assert set(figures["recommended"]["under"]) == {"0.1", "0.2", "0.5"}


def test_training_and_resuming_write_weights_that_run(gdb7, tmp_path):
    small = gdb7.filter(pc.less_equal(pc.list_value_length(gdb7[c.ATOMIC_NUMBERS]), 8))
    train, val = (small.filter(pc.equal(small[c.SPLIT], split)) for split in ("train", "val"))
    # Of these val rows one calibrates: on a surface that has hardly been learnt searches are long.
    pq.write_table(
        pa.concat_tables([train.slice(0, 120), val.slice(1, 3)]), tmp_path / "in.parquet"
    )
    first = process(
        *("train", tmp_path / "in.parquet", "--out", tmp_path / "w", "--max-minutes", 0.2),
        *("--folds", 0, "--threads", 1),
    )
    assert first.returncode == 0, first.stderr
    again = tscreen(
        *("train", tmp_path / "in.parquet", "--out", tmp_path / "w", "--max-minutes", 0.8),
        *("--folds", 2, "--resume", "--threads", 1, "--json"),
    )
    assert again.returncode == 0, again.stderr
    card = json.loads((tmp_path / "w" / "tscreen.json").read_text())
    points = [json.loads(line) for line in (tmp_path / "w" / "metrics.jsonl").open()]
    assert card["training"]["steps"] == points[-1]["step"] > points[0]["step"]
    assert len(card["training"]["fold_minutes"]) == 2
    assert "CCSD(T)" in card["levels"][0]["name"]
    used = tscreen(
        *("evaluate", tmp_path / "in.parquet", "--weights", tmp_path / "w", "--samples", 2),
        *("--steps", 1, "--threads", 1, "--json"),
    )
    assert used.returncode == 0, used.stderr


def test_wrong_use_is_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"nothing")
    for arguments, text in (
        (("train", tmp_path / "bad.parquet", "--out", tmp_path, "--max-minutes", 1), "Parquet"),
        (("evaluate", tmp_path / "missing.parquet"), "cannot be read"),
        (("train", "x", "--out", "y", "--max-minutes", 1, "--folds", 1), "give 0 or 2"),
        (("run", tmp_path / "missing.parquet", "--out", tmp_path / "o"), "missing.parquet"),
    ):
        done = tscreen(*arguments)
        assert done.returncode == 2
        assert text in done.stderr
        assert "Traceback" not in done.stderr
