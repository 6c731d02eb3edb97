"""`tscreen handoff` and `tscreen absorb`, with PySCF itself in between."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from commands import tscreen
from conftest import HCN
from report_runs import MODE, TS
from runs import finish, finished_run, new_run, put, result, results_table

from tscreen.model.reactions.data import reference_of
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_results
from tscreen.screen.handoff.references import references_of

ROOT = Path(__file__).parents[3]
LEVEL = "hf/sto-3g"
TOGETHER = {"reactant_fragments": [0, 0, 0], "product_fragments": [0, 1, 1]}
"""HCN to H and CN, as far as the fragments say."""


def shift(name: str, **cells: object) -> dict[str, object]:
    """HCN to HNC with a saddle point that is known."""
    known = {
        "ts_positions": TS,
        "imaginary_mode": MODE,
        "status": "refined",
        "p_good": 0.9,
        "barrier_ml_kcal_mol": 60.0,
        "barrier_ml_low_kcal_mol": 40.0,
        "barrier_ml_high_kcal_mol": 70.0,
        "barrier_ml_level": "X, with ZPE",
    }
    return result(name, **known | cells)


@pytest.fixture
def out(tmp_path):
    out = finished_run(tmp_path / "out", rows=4)
    rows = [
        shift("a b/c"),
        shift("less", p_good=0.2, imaginary_mode=None),
        shift("none", ts_positions=None, imaginary_mode=None, p_good=None),
        shift("sure", p_good=0.99),
    ]
    put(results_table(*rows), out, "results", "1")
    finish(out, 4)
    return out


def hand_over(out, *options, program="pyscf", level=LEVEL):
    jobs = out.parent / "jobs"
    done = tscreen("handoff", out, jobs, "--program", program, "--level", level, *options)
    return jobs, done


def folder_of(jobs: Path, name: str) -> Path:
    [found] = jobs.glob(f"*-{name}")
    return found


def test_a_reaction_goes_through_pyscf_and_comes_back(out):
    pytest.importorskip("pyscf")
    jobs, done = hand_over(out, "--filter", "reaction_id = 'a b/c'")
    assert done.returncode == 0, done.stderr
    assert "1 reactions" in done.stdout
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    told = subprocess.run(
        ["bash", folder_of(jobs, "a_b_c") / "run.sh"],
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    absorbed = json.loads(tscreen("absorb", out, jobs, "--json").stdout)
    assert (absorbed["n_absorbed"], absorbed["n_waiting"], absorbed["bad"]) == (1, 0, [])
    row = read_results(out).filter(pl.col("reaction_id") == "a b/c").collect().row(0, named=True)
    # HF/STO-3G: -91.56510 and -91.67544 Hartree; the zero-point energy falls by some 4 kcal/mol.
    assert row["barrier_qc_kcal_mol"] == pytest.approx(69.24, abs=0.1)
    assert row["barrier_qc_zpe_kcal_mol"] == pytest.approx(64.66, abs=0.3)
    assert row["qc_level"] == LEVEL
    assert row["ts_rmsd_qc"] < 0.2
    found = absorbed["agreement"]
    assert found["mae"] == pytest.approx(row["barrier_qc_zpe_kcal_mol"] - 60.0)
    assert found["bias"] == -found["mae"]
    assert (found["covered"], found["good"]) == (1.0, 1.0)
    assert found["p_good"] == pytest.approx(0.9)
    quantum = pl.read_parquet(out / "quantum")
    assert quantum["connects_qc"].to_list() == ["reactant-product"]
    assert quantum["reaction_energy_qc_kcal_mol"].to_list() == pytest.approx([19.3], abs=0.2)
    assert check(out) == []
    asked = tscreen(
        "query", out, "SELECT count(barrier_qc_kcal_mol), count(*) FROM results", "--csv"
    )
    assert asked.stdout.splitlines()[1] == "1,4"
    frames = out.parent / "qc.xyz"
    done = tscreen("export", out, frames, "--filter", "barrier_qc_kcal_mol > 60")
    assert done.stdout.startswith("1 reactions")
    assert "qc_level=hf/sto-3g" in frames.read_text()


def written_result(numbers, positions, energy, frequencies=None, mode=None):
    return json.dumps(
        {
            "energy_hartree": energy,
            "atomic_numbers": numbers,
            "positions_angstrom": positions,
            "frequencies_cm1": frequencies,
            "mode": mode,
        }
    )


@pytest.fixture
def done_jobs(out):
    """Jobs of two reactions with results, such as PySCF leaves them."""
    jobs, _ = hand_over(out, "--filter", "reaction_id IN ('less', 'sure')")
    for folder in jobs.iterdir():
        if folder.is_dir():
            put_ts(folder)
            put_reactant(folder)
    return jobs


def put_ts(folder, numbers=(1, 6, 7), frequencies=(-1200.0, 2000.0, 3000.0), mode=MODE):
    told = written_result(list(numbers), TS, -91.0, list(frequencies), mode)
    (folder / "ts.result.json").write_text(told)


def put_reactant(folder, positions=None, frequencies=(700.0, 700.0, 2000.0, 3300.0)):
    place = HCN.tolist() if positions is None else positions
    told = written_result([1, 6, 7], place, -91.1, list(frequencies))
    (folder / "reactant-1.result.json").write_text(told)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: put_ts(f, numbers=(6, 1, 7)), "atoms C H N in place of H C N"),
        (lambda f: put_ts(f, frequencies=(-1200.0, -300.0, 3000.0)), "2 imaginary modes"),
        (lambda f: put_ts(f, frequencies=(20.0, 300.0, 3000.0)), "0 imaginary modes in place"),
        (lambda f: put_ts(f, mode=[[0, 1.0, 0], [0, 0, 0], [0, 0, 0]]), "gone elsewhere"),
        (lambda f: put_reactant(f, [[0, 0, 2.2], [0, 0, 0], [0, 0, 1.17]]), "gone elsewhere"),
        (lambda f: put_reactant(f, frequencies=(-400.0, 700.0, 2000.0, 3300.0)), "no minimum"),
        (lambda f: (f / "ts.result.json").write_text('{"error": "no SCF"}'), "no SCF"),
        (lambda f: (f / "ts.result.json").write_text("{"), "ts.result.json"),
        (lambda f: (f / "job.json").write_text("[]"), "job.json"),
    ],
)
def test_what_is_bad_is_told_and_does_not_stop_the_rest(out, done_jobs, spoil, said):
    spoil(folder_of(done_jobs, "less"))
    done = tscreen("absorb", out, done_jobs)
    assert done.returncode == 0, done.stderr
    assert "1 reactions absorbed" in done.stdout
    assert said in done.stdout
    assert "less" in done.stdout
    assert pl.read_parquet(out / "quantum")["reaction_id"].to_list() == ["sure"]


def test_absorbing_again_replaces_and_adds(out, done_jobs):
    assert "2 reactions absorbed" in tscreen("absorb", out, done_jobs).stdout
    put_reactant(folder_of(done_jobs, "sure"), frequencies=(710.0, 700.0, 2000.0, 3300.0))
    (folder_of(done_jobs, "less") / "ts.result.json").unlink()
    assert "1 reactions absorbed, 1 not done yet" in tscreen("absorb", out, done_jobs).stdout
    quantum = pl.read_parquet(out / "quantum")
    assert sorted(quantum["reaction_id"]) == ["less", "sure"]
    zero_points = dict(quantum.select("reaction_id", "barrier_qc_zpe_kcal_mol").iter_rows())
    assert zero_points["less"] - zero_points["sure"] == pytest.approx(10 / 2 / 349.75, rel=1e-3)
    assert check(out) == []
    (out / "quantum" / "part-0.parquet").write_bytes(b"broken")
    assert any("quantum" in problem for problem in check(out))


def test_what_was_absorbed_can_be_trained_on(tmp_path, out, done_jobs):
    folder = tmp_path / "weights"
    options = ("--out", folder, "--max-minutes", "0.1", "--folds", "0", "--threads", "1")
    early = tscreen("train", out, *options)
    assert early.returncode == 2
    assert "nothing was absorbed" in early.stderr
    tscreen("absorb", out, done_jobs)
    references = load_reference_of(out)
    assert sorted(row.reaction_id for row in references) == ["less", "sure"]
    for row in references:
        assert np.allclose(row.prepared.ts, TS, atol=1e-5)
        assert row.barrier == pytest.approx(0.1 * 627.5095, rel=1e-3)
        assert row.level == f"{LEVEL}, electronic"
    done = tscreen("train", out, *options)
    assert done.returncode == 2
    assert "1 training and 0 validation reactions" in done.stderr  # one of two is held out
    assert pl.read_parquet(folder / "out.parquet").equals(references_of(out))


def load_reference_of(out):
    table = references_of(out).to_arrow(compat_level=pl.CompatLevel.oldest())
    return reference_of(table).rows


def test_a_path_that_leads_elsewhere_is_told_and_a_broken_one_costs_only_itself(out, done_jobs):
    end = written_result([1, 6, 7], HCN.tolist(), -91.1)
    for name in ("irc-forward", "irc-reverse"):
        (folder_of(done_jobs, "less") / f"{name}.result.json").write_text(end)
        (folder_of(done_jobs, "sure") / f"{name}.result.json").write_text('{"error": "stuck"}')
    done = tscreen("absorb", out, done_jobs)
    assert "lead to reactant-other" in done.stdout
    assert "stuck; it is absorbed without that" in done.stdout
    assert pl.read_parquet(out / "quantum")["connects_qc"].to_list() == [None]


def test_the_least_certain_share_is_handed_over_with_its_charges_and_the_rest_is_told(out):
    jobs, done = hand_over(out, "--least-certain", "0.5")
    assert "reaction 'none' has no transition state" in done.stdout
    assert [path.name for path in sorted(jobs.iterdir()) if path.is_dir()] == ["00001-less"]
    assert (jobs / "folders.txt").read_text() == "00001-less\n"
    assert "--array=1-1\n" in (jobs / "submit.sh").read_text()
    assert "tscreen absorb" in (jobs / "README.md").read_text()


def test_each_molecule_has_its_own_charge_and_spin(tmp_path):
    out = finished_run(tmp_path / "out", rows=1)
    apart = [[0, 0, -3.0], [0, 0, 0], [0, 0, 1.17]]
    row = shift("x", product_positions=apart, product_fragments=[0, 1, 1], charge=1, multiplicity=1)
    row |= {"atomic_numbers": [1, 6, 7], "charge": 0}
    put(results_table(row), out, "results", "1")
    jobs, _ = hand_over(out, program="orca", level="HF/STO-3G")
    states = {
        step["name"]: (step["charge"], step["multiplicity"], step["atoms"])
        for step in json.loads((jobs / "00001-x" / "job.json").read_text())["steps"]
    }
    assert states["reactant-1"] == (0, 1, [0, 1, 2])
    assert states["product-1"] == (0, 2, [0])
    assert states["product-2"] == (0, 2, [1, 2])
    assert "! HF STO-3G TightSCF\n" in (jobs / "00001-x" / "product-1.inp").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--program", "mopac", "--level", "PM7"], "choose from orca, gaussian"),
        (["--program", "pyscf", "--level", "hf"], "METHOD/BASIS"),
        (["--program", "orca", "--level", "a\n%pal"], "METHOD/BASIS"),
        (["--program", "orca", "--level", "a/b", "--filter", "p_god > 1"], "p_god"),
        (["--program", "orca", "--level", "a/b", "--filter", "p_good > 1"], "no result"),
    ],
)
def test_what_cannot_be_handed_over_is_told_and_leaves_nothing(out, options, said):
    done = tscreen("handoff", out, out.parent / "jobs", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (out.parent / "jobs").exists()


def test_a_run_that_goes_on_is_neither_handed_over_nor_absorbed_into(tmp_path, out):
    going = new_run(tmp_path / "going")
    _, done = hand_over(going)
    assert (done.returncode, "goes on" in done.stderr) == (2, True)
    jobs, _ = hand_over(out)
    done = tscreen("absorb", going, jobs)
    assert (done.returncode, "goes on" in done.stderr) == (2, True)


def test_a_folder_without_jobs_and_one_that_is_there_are_told(tmp_path, out):
    done = tscreen("absorb", out, tmp_path)
    assert (done.returncode, "no jobs" in done.stderr) == (2, True)
    hand_over(out)
    _, done = hand_over(out)
    assert (done.returncode, "there already" in done.stderr) == (2, True)
