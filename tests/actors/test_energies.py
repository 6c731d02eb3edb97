"""Every generated transition state gets its barrier."""

from copy import deepcopy

import numpy as np
import pyarrow as pa
import pytest
import torch
from conftest import HCN, at_once, reaction_row, reaction_table

from tscreen.actors.energies import BarrierPredictor
from tscreen.actors.quantum import levels
from tscreen.actors.quantum.xtb import energy
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import TYPES

TS = np.array([[1.09, 0.0, 0.48], [0.0, 0.0, 0.0], [0.0, 0.0, 1.2]])
KCAL_MOL_PER_EV = 23.0605


def sampled(*structures: np.ndarray | None, **columns: list) -> pa.Table:
    """HCN to HNC once for each generated transition state, as the sampler leaves it."""
    n = len(structures)
    table = reaction_table(*(reaction_row(f"r{i}") for i in range(n)))
    columns = {
        c.REJECT_CODE: pa.nulls(n, pa.string()),
        c.STATUS: ["generated"] * n,
        c.TS_POSITIONS: positions_array(structures),
        c.CANDIDATES: pa.array(
            [None if x is None else [x.tolist()] for x in structures], TYPES[c.CANDIDATES]
        ),
        c.CANDIDATE_LOG_RMSD: [[-1.0]] * n,
        c.CANDIDATE_ODDS: [[0.0]] * n,
        **columns,
    }
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values, TYPES[name])
        table = table.append_column(name, array)
    return table


def test_barriers_are_differences_between_the_single_molecules_energies():
    [row] = BarrierPredictor(run=at_once)(sampled(TS)).to_pylist()
    numbers = np.array([1, 6, 7])
    expected = (energy(numbers, TS) - energy(numbers, HCN)) * KCAL_MOL_PER_EV
    assert row[c.BARRIER] == pytest.approx(expected, abs=0.01)
    assert 40 < row[c.BARRIER] < 80
    assert row[c.REACTION_ENERGY] == pytest.approx(row[c.BARRIER] - row[c.REVERSE_BARRIER])
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB//generated"
    assert (row[c.STATUS], row[c.ERROR_CODE]) == ("generated", None)
    assert row[c.XTB_WALL_S] > 0


def test_a_barrier_is_predicted_with_its_interval_and_rate():
    [row] = BarrierPredictor(temperature=400.0, run=at_once)(sampled(TS)).to_pylist()
    assert row[c.BARRIER_ML_LOW] < row[c.BARRIER_ML] < row[c.BARRIER_ML_HIGH]
    assert 20 < row[c.BARRIER_ML] < 80
    assert "CCSD(T)" in row[c.BARRIER_ML_LEVEL]
    assert row[c.LOG10_RATE_LOW] < np.log10(row[c.RATE_CONSTANT]) < row[c.LOG10_RATE_HIGH]
    assert row[c.RATE_CONSTANT] == pytest.approx(
        8.3346e12 * np.exp(-row[c.BARRIER_ML] / (1.98720e-3 * 400)), rel=1e-3
    )


def test_in_a_solvent_the_barrier_moves_and_the_model_sees_the_gas_phase():
    pytest.importorskip("tblite")
    [gas] = BarrierPredictor(run=at_once)(sampled(TS)).to_pylist()
    [row] = BarrierPredictor(solvent="water", run=at_once)(sampled(TS)).to_pylist()
    assert (gas[c.SOLVENT], row[c.SOLVENT]) == (None, "water")
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB(ALPB water)//generated"
    assert row[c.BARRIER_ML_LEVEL] == f"{gas[c.BARRIER_ML_LEVEL]} + ALPB water"
    added = row[c.BARRIER] - gas[c.BARRIER]
    assert abs(added) > 0.5
    for name in (c.BARRIER_ML, c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH):
        assert row[name] - gas[name] == pytest.approx(added, abs=0.01)
    for name in (c.P_GOOD, c.EXPECTED_RMSD, c.REACTANT_ENERGY):
        assert row[name] == pytest.approx(gas[name], abs=1e-4)


def test_a_much_better_candidate_takes_the_place_of_the_recommended_one():
    torn = TS + np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    table = sampled(torn)
    both = pa.array([[torn.tolist(), TS.tolist()]], TYPES[c.CANDIDATES])
    for name, values in (
        (c.CANDIDATES, both),
        (c.CANDIDATE_LOG_RMSD, pa.array([[-1.0, -0.99]], TYPES[c.CANDIDATE_LOG_RMSD])),
        (c.CANDIDATE_ODDS, pa.array([[0.0, 0.0]], TYPES[c.CANDIDATE_ODDS])),
    ):
        table = table.set_column(table.column_names.index(name), name, values)
    stage = BarrierPredictor(run=at_once)
    stage._assessor = deepcopy(stage._assessor)  # other stages have it too
    stage._assessor.fusion[:2] = torch.tensor([0.5, 0.5])  # fitted weights may leave it no say
    [row] = stage(table).to_pylist()
    [alone] = BarrierPredictor(run=at_once)(sampled(TS)).to_pylist()
    assert np.allclose(row[c.TS_POSITIONS], TS, atol=1e-6)
    assert np.allclose(row[c.CANDIDATES], [TS, torn], atol=1e-6)
    assert row[c.BARRIER] == pytest.approx(alone[c.BARRIER])


def test_a_row_that_cannot_be_computed_fails_alone_and_keeps_its_geometry():
    on_top = np.zeros((3, 3))
    rows = BarrierPredictor(run=at_once)(sampled(TS, on_top, TS)).to_pylist()
    assert [row[c.STATUS] for row in rows] == ["generated", "failed", "generated"]
    assert rows[1][c.ERROR_CODE] == "xtb_scf"
    assert rows[1][c.BARRIER] is rows[1][c.ENERGY_LEVEL] is None
    assert rows[1][c.TS_POSITIONS] == on_top.tolist()
    assert rows[0][c.BARRIER] == rows[2][c.BARRIER] is not None


def test_rejected_rows_and_rows_without_a_transition_state_pass_through():
    codes = pa.array(["atoms_overlap", None])
    before = sampled(TS, None, **{c.REJECT_CODE: codes})
    after = BarrierPredictor(run=at_once)(before)
    assert after.select(before.column_names) == before
    assert after[c.BARRIER].to_pylist() == [None, None]


def test_energies_that_came_with_the_input_are_never_taken_for_ours():
    [row] = BarrierPredictor(run=at_once)(
        sampled(np.zeros((3, 3)), **{c.BARRIER: [12.3]})
    ).to_pylist()
    assert row[c.BARRIER] is None


def test_an_empty_table_gets_the_columns():
    table = BarrierPredictor(run=at_once)(sampled(TS).slice(0, 0))
    assert len(table) == 0
    assert {c.BARRIER, c.ERROR_CODE, c.XTB_WALL_S} <= set(table.column_names)


def test_an_unknown_level_is_refused_before_any_row():
    with pytest.raises(ValueError, match="known levels"):
        BarrierPredictor(level="dft")


def test_a_missing_program_is_told_before_any_row(monkeypatch):
    monkeypatch.setattr(levels, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"tscreen\[dft\]"):
        BarrierPredictor(level="wb97x-d3/def2-svp")


def test_a_crash_inside_the_program_is_reported_in_its_row(monkeypatch):
    def broken(*_):
        raise OSError("library missing")

    monkeypatch.setattr(levels, "_program", broken)
    [row] = BarrierPredictor(run=at_once)(sampled(TS)).to_pylist()
    assert row[c.ERROR_CODE] == "xtb_crash"
    assert "library missing" in row[c.ERROR_MESSAGE]
