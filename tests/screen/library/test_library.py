"""What scripts use: the same results as the command line, and errors that speak of arguments."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table

import tscreen
from tscreen.actors.workers.isolation import Isolated
from tscreen.schemas import columns as c
from tscreen.screen.cli.main import as_options
from tscreen.screen.errors import UsageError

QUICK = {"samples": 4, "refine": "none"}
HYDROGEN_SHIFT = "[CH2:1]=[C:2]([H:4])[O:3][H:5]>>[CH2:1]([H:5])[C:2]([H:4])=[O:3]"


@pytest.fixture(scope="module")
def shift() -> tscreen.Reaction:
    return tscreen.Reaction.from_atoms(Atoms("HCN", HCN), Atoms("HCN", HNC), reaction_id="shift")


def test_every_public_name_is_there():
    assert set(tscreen.__all__) < set(dir(tscreen))
    for name in tscreen.__all__:
        assert getattr(tscreen, name).__doc__ or name == "__version__"
    with pytest.raises(AttributeError, match="predicts"):
        tscreen.predicts  # noqa: B018


def test_a_prediction_is_what_a_run_writes(tmp_path):
    import pyarrow.parquet as pq

    rows = [reaction_row("good"), reaction_row("bad", charge=1)]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    report = tscreen.run(tmp_path / "in.parquet", tmp_path / "out", progress=False, **QUICK)
    written = tscreen.read(tmp_path / "out")
    assert report["counts"]["results"] == 1
    found = tscreen.predict(reaction_table(*rows), **QUICK)
    times = pl.selectors.ends_with("_s")
    assert found.results.drop(times).to_dicts() == written.results.collect().drop(times).to_dicts()
    kept = [c.REACTION_ID, c.CODE, c.MESSAGE]
    assert found.rejects.select(kept).equals(written.rejects.select(kept).collect())
    assert found.rejects[c.CODE].to_list() == ["electron_count"]


def test_reactions_tables_and_smiles_are_all_reactions(shift):
    one = tscreen.predict([shift], **QUICK).results
    other = tscreen.predict(pl.DataFrame(reaction_table(reaction_row("shift"))), **QUICK).results
    np.testing.assert_allclose(one["barrier_kcal_mol"], other["barrier_kcal_mol"], atol=1e-3)
    built = tscreen.predict([HYDROGEN_SHIFT, "no reaction"], **QUICK)
    assert built.results[c.REACTION_ID].to_list() == ["reaction-1"]
    assert built.rejects[c.REACTION_ID].to_list() == ["reaction-2"]


def test_all_samples_are_there_where_they_are_asked_for(shift):
    samples = tscreen.predict([shift], keep_samples=True, **QUICK).samples
    assert samples.columns == list(c.SAMPLE_ROW)
    assert samples.select(c.REACTION_ID, c.SAMPLE_RANK).rows() == [
        ("shift", rank) for rank in range(1, 5)
    ]
    assert tscreen.predict([shift], **QUICK).samples.is_empty()


def test_of_several_rows_the_least_certain_share_is_refined(shift):
    table = reaction_table(reaction_row("a"), reaction_row("b"))
    found = tscreen.predict(table, samples=4, fallback_fraction=0.5).results
    assert sorted(found[c.STATUS].to_list()) == ["generated", "refined"]


def test_what_is_refined_may_be_told_in_words(shift):
    found = tscreen.predict([shift], **QUICK).results
    assert found[c.STATUS].to_list() == ["generated"]
    with pytest.raises(UsageError, match="`refine` is 'some'; give all, uncertain or none"):
        tscreen.predict([shift], refine="some")


def test_below_a_limit_of_zero_nothing_is_refined(shift):
    found = tscreen.predict([shift], samples=4, min_p_good=0.0).results
    assert found[c.STATUS].to_list() == ["generated"]


def test_a_transition_state_between_two_structures():
    ts = tscreen.find_ts(Atoms("HCN", HCN), Atoms("HCN", HNC), samples=4)
    assert ts.verified
    assert 1000 < ts.imaginary_frequency < 2000
    hydrogen, *others = np.linalg.norm(ts.imaginary_mode, axis=1)
    assert hydrogen == pytest.approx(1.0)
    assert max(others) < 0.5
    assert ts.barrier_low < ts.barrier < ts.barrier_high
    assert ts.barrier == pytest.approx(47, abs=5)  # CCSD(T)
    assert ts.row[c.STATUS] == "refined"
    to_carbon, to_nitrogen = ts.atoms.get_distances(0, [1, 2])
    assert 1.0 < to_carbon < 1.4
    assert 1.1 < to_nitrogen < 1.6
    assert ts.frequencies[0] == pytest.approx(-ts.imaginary_frequency, abs=5)
    assert (ts.frequencies[1:] > 0).all()


def test_the_path_of_a_transition_state_goes_from_the_reactant_over_it_to_the_product(shift):
    ts = tscreen.find_ts(shift, samples=4)
    energies = [frame.info["energy_kcal_mol"] for frame in ts.path]
    top = int(np.argmax(energies))
    np.testing.assert_allclose(ts.path[top].positions, ts.atoms.positions, atol=1e-4)
    assert energies[top] == pytest.approx(ts.row[c.BARRIER], abs=1e-3)
    assert energies[0] == pytest.approx(0, abs=0.2)  # one molecule: the minimum is the zero
    assert energies[-1] == pytest.approx(ts.row[c.REACTION_ENERGY], abs=0.2)
    for frame, side in ((ts.path[0], HCN), (ts.path[-1], HNC)):
        np.testing.assert_allclose(
            frame.get_all_distances(), Atoms("HCN", side).get_all_distances(), atol=0.1
        )
    steps = np.diff([frame.positions for frame in ts.path], axis=0)
    assert np.linalg.norm(steps, axis=2).max() < 0.5


def test_a_generated_transition_state_is_not_verified_and_has_no_path(shift):
    ts = tscreen.find_ts(shift, **QUICK)
    assert not ts.verified
    assert ts.path is ts.frequencies is ts.imaginary_mode is ts.imaginary_frequency is None
    with pytest.raises(UsageError, match="'shift' knows its product, charge and multiplicity"):
        tscreen.find_ts(shift, charge=1)
    with pytest.raises(UsageError, match="give a reactant and a product, or a Reaction"):
        tscreen.find_ts(Atoms("HCN", HCN))


def test_errors_speak_of_arguments_here_and_of_options_at_the_command_line(shift):
    with pytest.raises(UsageError) as caught:
        tscreen.predict([shift], min_p_good=0.5, fallback_fraction=0.1)
    assert str(caught.value) == "give `min_p_good` or `fallback_fraction`, not both"
    assert as_options(str(caught.value)) == "give --min-p-good or --fallback-fraction, not both"
    assert as_options("`energies=False` in `tscreen run`") == "--no-energies in `tscreen run`"
    with pytest.raises(TypeError, match="sample"):
        tscreen.predict([shift], sample=4)
    with pytest.raises(UsageError, match="a single text"):
        tscreen.predict(HYDROGEN_SHIFT)
    with pytest.raises(UsageError, match="Reaction, str"):
        tscreen.predict([shift, HYDROGEN_SHIFT])
    with pytest.raises(UsageError, match="13 electrons"):
        tscreen.find_ts(Atoms("HCN", HCN), Atoms("HCN", HNC), charge=1, multiplicity=1)


def test_a_script_is_not_run_again_by_the_processes_that_search(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once', flush=True)\n"
        "from tscreen.actors.workers.isolation import Isolated\n"
        "print(Isolated()(60.0, abs, -2))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["once", "2"], done.stderr


def test_children_that_start_at_the_same_time_leave_the_process_as_it_was():
    script, environment = sys.modules["__main__"], dict(os.environ)
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda number: Isolated()(60.0, abs, number), range(-6, 0)))
    assert found == [6, 5, 4, 3, 2, 1]
    assert sys.modules["__main__"] is script
    assert dict(os.environ) == environment
