"""Uncertain reactions are searched; whatever happens, the generated answer is not lost."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import HCN, at_once, reaction_row, reaction_table
from scipy.spatial.transform import Rotation

from tscreen.actors.quantum.xtb import energy
from tscreen.actors.refining import RefiningStage
from tscreen.actors.saddles import verified
from tscreen.actors.saddles.ladder import Climb
from tscreen.actors.workers.errors import XtbError
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array, positions_of
from tscreen.schemas.tables import TYPES

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


def prepared(
    table: pa.Table, candidates: list[np.ndarray], wanted: list[bool], side: float | None = None
) -> pa.Table:
    """A table as the energy stage leaves it, both sides with the same energy."""
    n = len(table)
    sides = {c.REACTANT_ENERGY: side, c.PRODUCT_ENERGY: side}
    columns = {
        c.REJECT_CODE: pa.nulls(n, pa.string()),
        c.STATUS: pa.array(["generated"] * n),
        c.TS_POSITIONS: positions_array(candidates),
        c.CANDIDATES: pa.array([[x.tolist()] for x in candidates], TYPES[c.CANDIDATES]),
        c.NEEDS_SEARCH: pa.array(wanted),
        c.BARRIER: pa.array([50.0] * n),
        c.ENERGY_LEVEL: pa.array(["GFN2-xTB//generated"] * n),
        **{name: pa.array([energy] * n, pa.float64()) for name, energy in sides.items()},
    }
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def hydrogen_shifts(*wanted: bool) -> pa.Table:
    table = reaction_table(*(reaction_row(f"r{i}") for i in range(len(wanted))))
    return prepared(table, [NEAR_TS] * len(wanted), list(wanted))


def test_a_successful_search_replaces_the_transition_state_and_every_energy():
    [row] = RefiningStage(run=at_once)(hydrogen_shifts(True)).to_pylist()
    assert (row[c.STATUS], row[c.ERROR_CODE]) == ("xtb", None)
    assert row[c.N_IMAGINARY] == 1
    assert (row[c.VERIFIED], row[c.CONNECTS]) == (True, "reactant-product")
    assert row[c.XTB_ROUTE] == "candidate-1"
    assert row[c.XTB_STEPS] >= 1
    assert 1000 < row[c.IMAGINARY_FREQUENCY] < 2000
    moves = np.linalg.norm(row[c.IMAGINARY_MODE], axis=1)
    assert moves.argmax() == 0  # the hydrogen
    assert moves.max() == pytest.approx(1.0)
    # A C-H bond's zero-point energy is lost, and the entropy of a linear molecule is small.
    assert row[c.BARRIER] - 6 < row[c.GIBBS_BARRIER] < row[c.ENTHALPY_BARRIER] < row[c.BARRIER]
    assert row[c.GIBBS_REACTION_ENERGY] == pytest.approx(row[c.REACTION_ENERGY], abs=2)
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB//GFN2-xTB"
    assert row[c.REACTION_ENERGY] == pytest.approx(row[c.BARRIER] - row[c.REVERSE_BARRIER])
    assert row[c.BARRIER] != 50.0
    assert 0.01 < np.abs(np.array(row[c.TS_POSITIONS]) - NEAR_TS).max() < 0.5
    assert row[c.XTB_WALL_S] > 0


def test_a_found_saddle_point_gets_a_predicted_barrier_where_the_sides_have_energies():
    table = reaction_table(reaction_row("r0"))
    numbers = np.array([1, 6, 7])
    before = prepared(table, [NEAR_TS], [True], energy(numbers, HCN))
    [row] = RefiningStage(run=at_once)(before).to_pylist()
    assert row[c.BARRIER_ML_LOW] < row[c.BARRIER_ML] < row[c.BARRIER_ML_HIGH]
    assert row[c.RATE_CONSTANT] > 0
    [without] = RefiningStage(run=at_once)(hydrogen_shifts(True)).to_pylist()
    assert without[c.STATUS] == "xtb"
    assert without[c.BARRIER_ML] is without[c.RATE_CONSTANT] is None


def test_unless_asked_to_verify_no_path_is_followed(monkeypatch):
    monkeypatch.setattr("tscreen.actors.saddles.ladder.follow", None)
    [row] = RefiningStage(verify=False, run=at_once)(hydrogen_shifts(True)).to_pylist()
    assert (row[c.STATUS], row[c.VERIFIED], row[c.CONNECTS]) == ("xtb", None, None)
    assert row[c.GIBBS_BARRIER] is not None


def test_another_level_changes_the_saddle_point_but_not_what_the_model_sees():
    table = reaction_table(reaction_row("r0"))
    numbers = np.array([1, 6, 7])
    before = prepared(table, [NEAR_TS], [True], energy(numbers, HCN))
    [usual] = RefiningStage(run=at_once)(before).to_pylist()
    [other] = RefiningStage(level="gfn1-xtb", run=at_once)(before).to_pylist()
    assert other[c.ENERGY_LEVEL] == "GFN1-xTB//GFN1-xTB"
    assert abs(other[c.BARRIER] - usual[c.BARRIER]) > 0.5
    at_saddle = energy(numbers, np.array(other[c.TS_POSITIONS]))
    seen = []
    stage = RefiningStage(level="gfn1-xtb", run=at_once)
    stage._barrier = lambda *args: seen.append(args[2])
    stage(before)
    assert seen == [pytest.approx(at_saddle, abs=1e-3)]


def test_a_saddle_point_of_another_reaction_is_not_taken(monkeypatch):
    before = hydrogen_shifts(True)
    monkeypatch.setattr("tscreen.actors.saddles.ladder.connects", lambda *_: "reactant-other")
    [row] = RefiningStage(run=at_once)(before).to_pylist()
    assert (row[c.STATUS], row[c.ERROR_CODE]) == ("failed", "wrong_connectivity")
    assert "joins reactant-other" in row[c.ERROR_MESSAGE]
    assert (row[c.VERIFIED], row[c.CONNECTS]) == (False, "reactant-other")
    kept = [c.TS_POSITIONS, c.BARRIER, c.ENERGY_LEVEL]
    assert {name: row[name] for name in kept} == before.select(kept).to_pylist()[0]


def test_rows_that_are_certain_or_rejected_pass_through_untouched():
    before = hydrogen_shifts(False, True)
    before = before.set_column(
        before.column_names.index(c.REJECT_CODE), c.REJECT_CODE, pa.array([None, "not_finite"])
    )
    after = RefiningStage(run=at_once)(before)
    assert after.select(before.column_names) == before
    assert after[c.N_IMAGINARY].to_pylist() == [None, None]
    assert after[c.VERIFIED].to_pylist() == [None, None]


def test_a_search_out_of_time_says_so_and_keeps_the_generated_answer():
    before = hydrogen_shifts(True)
    [row] = RefiningStage(timeout_s=0.0, run=at_once)(before).to_pylist()
    assert (row[c.STATUS], row[c.ERROR_CODE]) == ("failed", "xtb_timeout")
    assert "0 s allowed" in row[c.ERROR_MESSAGE]
    kept = [c.TS_POSITIONS, c.BARRIER, c.ENERGY_LEVEL]
    assert {name: row[name] for name in kept} == before.select(kept).to_pylist()[0]
    assert row[c.N_IMAGINARY] is None


def test_a_search_that_breaks_down_does_not_touch_the_next_row(monkeypatch):
    climb = verified.climb

    def fragile(reaction, *args, **kwargs):
        if reaction.reaction_id == "r0":
            raise MemoryError("out of memory")
        return climb(reaction, *args, **kwargs)

    monkeypatch.setattr(verified, "climb", fragile)
    after = RefiningStage(run=at_once)(hydrogen_shifts(True, True))
    assert after[c.STATUS].to_pylist() == ["failed", "xtb"]
    assert after[c.ERROR_CODE].to_pylist() == ["xtb_crash", None]


def test_no_more_candidates_are_tried_than_allowed(monkeypatch):
    tried = []

    def give_up(reaction, candidates, *_, **__):
        tried.append(len(candidates))
        return Climb(("candidate-1",), None, XtbError("saddle_not_found", "nowhere"))

    monkeypatch.setattr(verified, "climb", give_up)
    before = hydrogen_shifts(True)
    many = pa.array([[NEAR_TS.tolist()] * 5], TYPES[c.CANDIDATES])
    before = before.set_column(before.column_names.index(c.CANDIDATES), c.CANDIDATES, many)
    RefiningStage(max_candidates=2, run=at_once)(before)
    assert tried == [2]


def rmsd(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(0), b - b.mean(0)
    return float(Rotation.align_vectors(a, b)[1] / np.sqrt(len(a)))


def test_searches_from_noisy_reference_states_of_real_reactions_come_back_to_them(gdb7):
    small = pc.less_equal(pc.list_value_length(gdb7[c.ATOMIC_NUMBERS]), 8)
    real = gdb7.filter(pc.and_(small, pc.equal(gdb7["split"], "train"))).slice(0, 3)
    references = positions_of(real[c.TS_POSITIONS])
    noise = np.random.default_rng(0)
    starts = [x + noise.normal(0, 0.05, x.shape) for x in references]
    real = real.drop_columns([c.TS_POSITIONS, c.BARRIER])
    after = RefiningStage(run=at_once)(prepared(real, starts, [True] * 3))
    # At this level the saddle point near the first reference joins other molecules.
    assert after[c.ERROR_CODE].to_pylist() == ["wrong_connectivity", None, None]
    assert after[c.VERIFIED].to_pylist() == [False, True, True]
    for found, reference in zip(positions_of(after[c.TS_POSITIONS]), references, strict=True):
        assert rmsd(found, reference) < 0.2
