"""Saddle points take the place of generated structures; no generated answer is ever lost."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from ase import units
from conftest import HCN, HNC, at_once, reaction_row, reaction_table
from scipy.spatial.transform import Rotation

from tscreen.actors import verified
from tscreen.actors.conformers.saddles import Ranked
from tscreen.actors.defaults import Effort
from tscreen.actors.quantum.thermochemistry import Thermo
from tscreen.actors.quantum.xtb import energy
from tscreen.actors.refining import Refiner
from tscreen.actors.saddles.irc import STEPWISE, Ends
from tscreen.actors.saddles.ladder import Climb, Found
from tscreen.actors.saddles.saddle import Saddle
from tscreen.actors.saddles.trust import CorrectionView
from tscreen.actors.verified import Profile, Searched
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.correction.card import CorrectedLevel, read_correction_card
from tscreen.model.correction.refined import RefinedEstimate, RefinedView
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array, positions_of
from tscreen.schemas.tables import TYPES
from tscreen.schemas.units import KCAL_MOL, ROOM_TEMPERATURE

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
        c.P_GOOD: pa.array([0.6] * n, pa.float32()),
        c.EXPECTED_RMSD: pa.array([0.25] * n, pa.float32()),
        c.NEEDS_SEARCH: pa.array(wanted),
        c.BARRIER: pa.array([50.0] * n),
        c.ENERGY_LEVEL: pa.array(["GFN2-xTB//generated"] * n),
        **{name: pa.array([energy] * n, pa.float64()) for name, energy in sides.items()},
        **{name: pa.nulls(n, pa.float64()) for name in (c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH)},
    }
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def hydrogen_shifts(*wanted: bool) -> pa.Table:
    table = reaction_table(*(reaction_row(f"r{i}") for i in range(len(wanted))))
    return prepared(table, [NEAR_TS] * len(wanted), list(wanted))


def test_a_search_is_told_how_good_its_first_candidate_is():
    def noted(wall_s, search, reaction, starts, order):
        orders[reaction.reaction_id] = order.p_good
        return at_once(wall_s, search, reaction, starts, order)

    orders: dict[str, float] = {}
    table = hydrogen_shifts(True, True)
    chances = pa.array([0.6, 0.0], pa.float32())
    Refiner(run=noted)(table.set_column(table.column_names.index(c.P_GOOD), c.P_GOOD, chances))
    assert orders == pytest.approx({"r0": 0.6, "r1": 0.0})


def test_a_successful_search_replaces_the_transition_state_and_every_energy():
    [row] = Refiner(run=at_once)(hydrogen_shifts(True)).to_pylist()
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
    assert row[c.REACTION_ENTHALPY] == pytest.approx(row[c.REACTION_ENERGY], abs=2)
    assert row[c.GIBBS_REACTION_ENERGY] == pytest.approx(row[c.REACTION_ENERGY], abs=2)
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB//GFN2-xTB"
    assert row[c.REACTION_ENERGY] == pytest.approx(row[c.BARRIER] - row[c.REVERSE_BARRIER])
    assert row[c.BARRIER] != 50.0
    assert 0.01 < np.abs(np.array(row[c.TS_POSITIONS]) - NEAR_TS).max() < 0.5
    assert row[c.XTB_WALL_S] > 0


def test_a_guess_that_the_row_brings_is_tried_before_what_was_generated():
    far = HCN + np.array([[9.0, 0, 0], [0, 0, 0], [0, 0, 0]])  # leads nowhere
    table = prepared(reaction_table(reaction_row("r0")), [far], [True])
    guess = positions_array([NEAR_TS])
    [row] = Refiner(run=at_once)(table.append_column(c.TS_GUESS, guess)).to_pylist()
    assert (row[c.STATUS], row[c.XTB_ROUTE]) == ("xtb", "candidate-1")


def test_a_found_saddle_point_gets_a_predicted_barrier_where_the_sides_have_energies():
    table = reaction_table(reaction_row("r0"))
    numbers = np.array([1, 6, 7])
    before = prepared(table, [NEAR_TS], [True], energy(numbers, HCN))
    [row] = Refiner(run=at_once)(before).to_pylist()
    assert row[c.BARRIER_ML_LOW] < row[c.BARRIER_ML] < row[c.BARRIER_ML_HIGH]
    assert row[c.RATE_CONSTANT] > 0
    [without] = Refiner(run=at_once)(hydrogen_shifts(True)).to_pylist()
    assert without[c.STATUS] == "xtb"
    assert without[c.BARRIER_ML] is without[c.RATE_CONSTANT] is None


def test_in_a_solvent_everything_is_relaxed_there_and_labelled_so():
    pytest.importorskip("tblite")
    before = prepared(
        reaction_table(reaction_row("r0")), [NEAR_TS], [True], energy(np.array([1, 6, 7]), HCN)
    )
    [gas] = Refiner(run=at_once)(before).to_pylist()
    [row] = Refiner(solvent="water", run=at_once)(before).to_pylist()
    assert row[c.STATUS] == "xtb"
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB(ALPB water)//GFN2-xTB(ALPB water)"
    assert row[c.BARRIER_ML_LEVEL] == f"{gas[c.BARRIER_ML_LEVEL]} + ALPB water"
    added = row[c.BARRIER] - gas[c.BARRIER]
    assert abs(added) > 0.5
    assert row[c.BARRIER_ML] - gas[c.BARRIER_ML] == pytest.approx(added, abs=1.5)
    [saddle] = row[c.SADDLE_POINTS]
    assert saddle[c.ENERGY_LEVEL] == row[c.ENERGY_LEVEL]


def test_another_level_changes_the_saddle_point_but_not_what_the_model_sees():
    table = reaction_table(reaction_row("r0"))
    numbers = np.array([1, 6, 7])
    before = prepared(table, [NEAR_TS], [True], energy(numbers, HCN))
    [usual] = Refiner(run=at_once)(before).to_pylist()
    [other] = Refiner(level="gfn1-xtb", run=at_once)(before).to_pylist()
    assert other[c.ENERGY_LEVEL] == "GFN1-xTB//GFN1-xTB"
    assert abs(other[c.BARRIER] - usual[c.BARRIER]) > 0.5
    at_saddle = energy(numbers, np.array(other[c.TS_POSITIONS]))
    seen = []
    stage = Refiner(level="gfn1-xtb", run=at_once)
    stage._barrier = lambda subject, saddle, energy: seen.append(energy)
    stage(before)
    assert seen == [pytest.approx(at_saddle, abs=1e-3)]


def test_a_saddle_point_of_another_reaction_is_not_taken(monkeypatch):
    before = hydrogen_shifts(True)
    monkeypatch.setattr("tscreen.actors.saddles.ladder.connects", lambda *_: "reactant-other")
    [row] = Refiner(run=at_once)(before).to_pylist()
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
    after = Refiner(run=at_once)(before)
    assert after.select(before.column_names) == before
    assert after[c.N_IMAGINARY].to_pylist() == [None, None]
    assert after[c.VERIFIED].to_pylist() == [None, None]


def test_a_search_out_of_time_says_so_and_keeps_the_generated_answer():
    before = hydrogen_shifts(True)
    [row] = Refiner(timeout_s=0.0, run=at_once)(before).to_pylist()
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
    after = Refiner(run=at_once)(hydrogen_shifts(True, True))
    assert after[c.STATUS].to_pylist() == ["failed", "xtb"]
    assert after[c.ERROR_CODE].to_pylist() == ["xtb_crash", None]


def test_a_crash_on_the_way_to_a_lower_saddle_point_costs_no_more_than_that(monkeypatch):
    def crash(*_):
        raise CalculationError("xtb_crash", "the calculation died: exit code 1")

    monkeypatch.setattr(verified, "others", crash)
    [row] = Refiner(run=at_once, effort=Effort.THOROUGH)(hydrogen_shifts(True)).to_pylist()
    assert (row[c.STATUS], row[c.N_SADDLES]) == ("xtb", 1)


def test_no_more_candidates_are_tried_than_allowed(monkeypatch):
    tried = []

    def give_up(reaction, candidates, *_, **__):
        tried.append(len(candidates))
        return Climb(("candidate-1",), None, CalculationError("saddle_not_found", "nowhere"))

    monkeypatch.setattr(verified, "climb", give_up)
    before = hydrogen_shifts(True)
    many = pa.array([[NEAR_TS.tolist()] * 5], TYPES[c.CANDIDATES])
    before = before.set_column(before.column_names.index(c.CANDIDATES), c.CANDIDATES, many)
    Refiner(max_candidates=2, run=at_once)(before)
    assert tried == [2]


def with_gibbs(energy: float) -> Thermo:
    return Thermo(energy + 0.1, energy + 0.2, energy)


def corrected(found: Searched | None = None, **changes) -> Callable[..., Searched]:
    """In place of a search: one that has found this on the corrected surface, or nothing yet."""
    energies = [Thermo(x, x + 0.1, x - 0.1) for x in (-10.0, -8.0, -9.5)]
    view = CorrectionView(
        force_spread=0.05,
        barrier=np.array([0.30, 0.34]),
        reverse=np.array([0.1, 0.1]),
        zero_point=np.array([-0.11, -0.09]),
        reverse_zero_point=np.array([-0.1, -0.1]),
    )
    shift = np.zeros((3, 3))
    shift[0, 0] = 1.0
    frequencies = np.array([-1200.0, 900.0, 2000.0])
    saddle = Saddle(NEAR_TS + 0.1 * shift, -8.0, frequencies, shift, 7, np.eye(9))
    joining = Found(saddle, "reactant-product", Ends(HCN, HNC), "candidate-1")
    usual = Searched(
        Climb(("candidate-1",), joining, None),
        Profile(*energies, -8.3),
        None,
        "GFN2-xTB+delta",
        read_correction_card().level_of([1, 6, 7], 0, 1),
        view,
        sides_kept=True,
        saddles=(Ranked(joining, with_gibbs(-8.1)),),
    )
    return lambda *_: (found or usual)._replace(**changes)


def refined(run: Callable[..., Searched]) -> dict:
    stage = Refiner(level="gfn2-xtb+delta", run=run)
    [row] = stage(hydrogen_shifts(True)).to_pylist()
    return row


def test_on_a_corrected_surface_the_saddle_point_is_rated_anew(monkeypatch):
    views = []

    def estimate_refined(level: CorrectedLevel, view: RefinedView) -> RefinedEstimate:
        assert level.name.startswith("CCSD(T)")
        views.append(view)
        return RefinedEstimate(
            0.05, p_good=0.97, generated_p_good=0.8, barrier=44, low=42.5, high=45.5
        )

    monkeypatch.setattr("tscreen.actors.refining.estimate_refined", estimate_refined)
    row = refined(corrected())
    assert (row[c.STATUS], row[c.VERIFIED]) == ("refined", True)
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB+delta//GFN2-xTB+delta"
    assert row[c.BARRIER] == pytest.approx(2.0 / KCAL_MOL)
    assert row[c.REACTION_ENERGY] == pytest.approx(0.5 / KCAL_MOL)
    assert (row[c.P_GOOD], row[c.EXPECTED_RMSD]) == pytest.approx((0.97, 0.05))
    assert (row[c.BARRIER_ML_LOW], row[c.BARRIER_ML], row[c.BARRIER_ML_HIGH]) == (42.5, 44, 45.5)
    assert row[c.BARRIER_ML_LEVEL].startswith("CCSD(T)")
    assert (row[c.FORCE_DISAGREEMENT], row[c.CORRECTION_OFF], row[c.SIDES_KEPT]) == (
        *(0.05, None),
        True,
    )
    assert row[c.GIBBS_BARRIER] == pytest.approx(2.0 / KCAL_MOL)
    [view] = views
    assert view.barrier == pytest.approx((2.0 - 0.1) / KCAL_MOL)
    assert view.barrier_spread == pytest.approx(0.03 * 2**0.5 / KCAL_MOL)
    assert 0 < view.moved < 0.1
    assert (view.route_length, view.stepwise, view.frequency_cm1) == (1, False, 1200.0)


def test_every_saddle_point_that_was_found_is_told():
    usual = corrected()()
    first = usual.climb.found
    lower = first._replace(saddle=first.saddle._replace(energy=-8.2), by="turn-0-1")
    elsewhere = first._replace(connects="other-product", by="candidate-1-settled")
    kt = units.kB * ROOM_TEMPERATURE
    saddles = (
        Ranked(lower, with_gibbs(-8.1 - kt * np.log(3.0))),
        Ranked(first, with_gibbs(-8.1)),
        Ranked(elsewhere, with_gibbs(-9.0)),
    )
    profile = usual.profile._replace(below=(0.2, 0.0))
    row = refined(corrected(saddles=saddles, profile=profile))
    told = row[c.SADDLE_POINTS]
    assert [one[c.FOUND_BY] for one in told] == ["turn-0-1", "candidate-1", "candidate-1-settled"]
    assert [one[c.VERIFIED] for one in told] == [True, True, False]
    *weights, last = [one[c.BOLTZMANN_WEIGHT] for one in told]
    assert (weights, last) == (pytest.approx([0.75, 0.25]), None)
    assert told[0][c.TS_POSITIONS] == row[c.TS_POSITIONS]
    assert told[0][c.VIBRATIONS][0] == -row[c.IMAGINARY_FREQUENCY]
    assert row[c.N_SADDLES] == 2
    assert row[c.CONFORMER_GAIN] == pytest.approx(0.2 / KCAL_MOL)
    assert row[c.REACTANT_CONFORMER] == pytest.approx(0.2 / KCAL_MOL)
    assert row[c.PRODUCT_CONFORMER] == 0.0


@pytest.mark.parametrize(
    ("connects", "above"), [("reactant-product", 0.3), ("other-product", None)]
)
def test_what_is_lower_over_an_intermediate_tells_the_height_of_one_step(connects, above):
    usual = corrected()()
    first = usual.climb.found._replace(connects=connects)
    stepwise = first._replace(
        saddle=first.saddle._replace(energy=first.saddle.energy - 0.3), connects=STEPWISE
    )
    saddles = (Ranked(stepwise, with_gibbs(-8.4)), Ranked(first, with_gibbs(-8.1)))
    row = refined(corrected(saddles=saddles))
    assert row[c.CONNECTS] == STEPWISE
    assert row[c.ONE_STEP] == (above and pytest.approx(above / KCAL_MOL))


def test_without_a_search_for_conformers_those_of_the_sides_are_not_told():
    row = refined(corrected())
    assert (row[c.N_SADDLES], row[c.CONFORMER_GAIN], row[c.REACTANT_CONFORMER]) == (1, 0.0, None)
    assert [one[c.BOLTZMANN_WEIGHT] for one in row[c.SADDLE_POINTS]] == [1.0]


WORSE = RefinedEstimate(0.4, p_good=0.39, generated_p_good=0.41, barrier=44.0, low=42.5, high=45.5)


def test_a_saddle_point_that_is_less_likely_good_does_not_replace_the_generated_one(monkeypatch):
    monkeypatch.setattr("tscreen.actors.refining.estimate_refined", lambda *_: WORSE)
    row = refined(corrected())
    assert (row[c.STATUS], row[c.VERIFIED], row[c.N_IMAGINARY]) == ("generated", True, 1)
    assert row[c.P_GOOD] == pytest.approx(0.41)
    kept = [c.TS_POSITIONS, c.EXPECTED_RMSD, c.BARRIER, c.ENERGY_LEVEL]
    [before] = hydrogen_shifts(True).select(kept).to_pylist()
    assert {name: row[name] for name in kept} == before
    assert row[c.IMAGINARY_MODE] is row[c.GIBBS_BARRIER] is None


@pytest.mark.parametrize(("high", "told"), [(47.1, 44.0), (46.9, 45.5), (None, 44.0)])
def test_the_surer_barrier_is_told_whichever_structure_stays(monkeypatch, high, told):
    monkeypatch.setattr("tscreen.actors.refining.estimate_refined", lambda *_: WORSE)
    table = hydrogen_shifts(True)
    values = {c.BARRIER_ML: 45.5, c.BARRIER_ML_LOW: 44.0, c.BARRIER_ML_HIGH: high}
    if high is None:
        values = dict.fromkeys(values)
    for name, value in values.items():
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, pa.array([value], pa.float64()))
    [row] = Refiner(level="gfn2-xtb+delta", run=corrected())(table).to_pylist()
    assert row[c.STATUS] == "generated"
    assert row[c.BARRIER_ML] == told


def test_where_the_correction_is_off_the_row_says_why_and_has_the_status_of_gfn2():
    off = corrected()()
    view = off.correction._replace(switched_off="disagreement")
    row = refined(corrected(off, level="GFN2-xTB", head=None, correction=view))
    assert (row[c.STATUS], row[c.CORRECTION_OFF]) == ("xtb", "disagreement")
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB//GFN2-xTB"
    assert row[c.P_GOOD] == pytest.approx(0.6)


def test_a_real_saddle_point_of_the_corrected_surface_is_refined():
    row = refined(at_once)
    assert row[c.STATUS] == "refined"
    assert row[c.ENERGY_LEVEL] == "GFN2-xTB+delta//GFN2-xTB+delta"
    assert row[c.BARRIER_ML_LOW] < row[c.BARRIER_ML] < row[c.BARRIER_ML_HIGH]
    assert row[c.FORCE_DISAGREEMENT] > 0
    assert (row[c.CORRECTION_OFF], row[c.SIDES_KEPT]) == (None, True)


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
    after = Refiner(run=at_once)(prepared(real, starts, [True] * 3))
    # At this level an intermediate lies between the first saddle point and a side.
    joined = ["reactant-intermediate-product", "reactant-product", "reactant-product"]
    assert after[c.CONNECTS].to_pylist() == joined
    assert after[c.VERIFIED].to_pylist() == [True, True, True]
    for found, reference in zip(positions_of(after[c.TS_POSITIONS]), references, strict=True):
        assert rmsd(found, reference) < 0.2
