import json
from dataclasses import replace

import numpy as np
import pytest

from tscreen.model.correction.card import CorrectedLevel
from tscreen.model.correction.refined import (
    ELSEWHERE,
    BarrierError,
    Calibration,
    RefinedView,
    estimate_refined,
)
from tscreen.model.correction.training.calibration import Refined, fit
from tscreen.model.networks.recommender import GOOD_RMSD

LEVEL = CorrectedLevel("level", frozenset({1}), 2, frozenset({(0, 1)}), 1.0, 1.0)


def row(rng: np.random.Generator) -> Refined:
    """A refined TS whose disagreement is what its errors are about."""
    wrong = rng.random()
    good = rng.random() > wrong
    view = RefinedView(
        force_spread=0.02 * np.exp(3 * wrong),
        barrier_spread=0.3 * np.exp(3 * wrong),
        moved=0.1,
        p_good=0.7,
        expected_rmsd=0.15,
        route_length=1,
        stepwise=False,
        frequency_cm1=1000.0,
        barrier=30.0,
    )
    rmsd = 0.1 if good else 0.1 + 0.4 * wrong + 0.1
    return Refined(view, rmsd, rmsd + 0.2 * rng.random(), 30.0 + rng.normal() * np.exp(3 * wrong))


@pytest.fixture(scope="module")
def rows() -> list[Refined]:
    rng = np.random.default_rng(0)
    return [row(rng) for _ in range(600)]


@pytest.fixture(scope="module")
def level(rows) -> CorrectedLevel:
    # through JSON, as a card holds it
    content = json.loads(json.dumps(fit(rows[:300]).content))
    return replace(LEVEL, calibration=content)


def test_molecules_that_come_together_widen_the_interval_by_the_error_of_their_energy(level, rows):
    view, off = rows[0].view, replace(level, reaction_error=4.0)
    together = view._replace(several_reactants=True)
    assert estimate_refined(off, view) == estimate_refined(level, view)
    assert estimate_refined(level, together) == estimate_refined(level, view)
    usual, wider = (estimate_refined(off, one) for one in (view, together))
    assert wider.barrier == usual.barrier
    expected = np.hypot(usual.high - usual.barrier, 4.0)
    assert wider.high - wider.barrier == pytest.approx(expected)
    assert wider.barrier - wider.low == pytest.approx(expected)


def test_without_a_calibration_nothing_is_claimed_beyond_the_generated_structure(rows):
    view = rows[0].view
    estimate = estimate_refined(LEVEL, view)
    assert (estimate.p_good, estimate.expected_rmsd) == (view.p_good, view.expected_rmsd)
    assert estimate.generated_p_good == view.p_good
    assert estimate.barrier == view.barrier
    assert (estimate.low, estimate.high) == (-np.inf, np.inf)


def test_errors_at_given_structures_make_an_interval_and_no_probability(rows):
    known = BarrierError(slope=1.0, offset=0.0, interval=2.0)._asdict()
    sure, unsure = (
        estimate_refined(
            replace(LEVEL, barrier_error=json.loads(json.dumps(known))),
            rows[0].view._replace(barrier_spread=spread),
        )
        for spread in (0.5, 3.0)
    )
    assert (sure.low, sure.high) == pytest.approx((29.0, 31.0))
    assert (unsure.low, unsure.high) == pytest.approx((24.0, 36.0))
    assert unsure.p_good == rows[0].view.p_good


def test_of_changes_that_no_training_row_has_a_level_does_not_say_how_far_off_it_is(rows, level):
    view = rows[0].view
    seen = replace(level, changes={"C-H | C-N": 3})
    assert estimate_refined(seen.of("C-H | C-N"), view) == estimate_refined(level, view)
    assert estimate_refined(level.of("C-F | H-F"), view) == estimate_refined(level, view)
    unseen = estimate_refined(seen.of("C-F | H-F"), view)
    assert unseen == estimate_refined(LEVEL, view)
    assert np.isinf(unseen.high)


def test_of_two_structures_far_apart_one_at_most_is_good(rows):
    known = replace(LEVEL, barrier_error=BarrierError(1.0, 0.0, 2.0)._asdict())
    view = rows[0].view._replace(moved=ELSEWHERE + 0.01)
    assert ELSEWHERE == 2 * GOOD_RMSD
    likely, doubtful, unknown = (
        estimate_refined(known, view._replace(p_good=p_good)) for p_good in (0.9, 0.3, 0.0)
    )
    assert likely.p_good == pytest.approx(0.1)
    assert likely.generated_p_good == 0.9  # so that structure is kept
    assert np.isinf(likely.high)  # and its barrier
    assert (doubtful.p_good, unknown.p_good) == (0.3, 0.0)
    assert np.isfinite([doubtful.high, unknown.high]).all()
    lower = estimate_refined(known, view._replace(p_good=0.9, lower=True))
    assert lower.p_good == 0.9  # the one found first was near


def test_a_card_from_before_a_feature_does_without_it(rows, level):
    known = level.calibration
    older = {name: known[name][:-1] for name in ("mean", "scale")}
    older |= {
        name: known[name][:-2] + known[name][-1:] for name in ("odds", "log_rmsd", "log_error")
    }
    before = replace(level, calibration=known | older)
    # no row of this level has the last feature, so its weights are zero
    for one in rows[:3]:
        told, expected = estimate_refined(before, one.view), estimate_refined(level, one.view)
        assert told == pytest.approx(expected)


def test_probabilities_and_expected_errors_come_true_on_other_rows(rows, level):
    estimates = [estimate_refined(level, one.view) for one in rows[300:]]
    p_good = np.array([j.p_good for j in estimates])
    good = np.array([one.rmsd < 0.2 for one in rows[300:]])
    assert p_good.mean() == pytest.approx(good.mean(), abs=0.06)
    assert p_good[good].mean() > p_good[~good].mean() + 0.2
    expected = np.array([j.expected_rmsd for j in estimates])
    true = np.array([one.rmsd for one in rows[300:]])
    assert expected.mean() == pytest.approx(true.mean(), rel=0.15)


def test_the_generated_structure_is_rated_by_where_it_led(rows, level):
    estimates = [estimate_refined(level, one.view) for one in rows[300:]]
    told = np.array([j.generated_p_good for j in estimates])
    good = np.array([one.generated_rmsd < 0.2 for one in rows[300:]])
    assert told.mean() == pytest.approx(good.mean(), abs=0.06)
    assert all(j.generated_p_good < j.p_good for j in estimates)


def test_intervals_hold_nine_of_ten_barriers_and_widen_with_the_disagreement(rows, level):
    estimates = [estimate_refined(level, one.view) for one in rows[300:]]
    held = np.mean(
        [j.low <= one.barrier <= j.high for j, one in zip(estimates, rows[300:], strict=True)]
    )
    assert held == pytest.approx(0.9, abs=0.05)
    width = np.array([j.high - j.low for j in estimates])
    spread = np.array([one.view.barrier_spread for one in rows[300:]])
    assert width[spread > 2].mean() > 2 * width[spread < 1].mean()


def test_rows_that_are_all_good_make_no_certainty(rows):
    found = fit([one._replace(rmsd=0.05) for one in rows[:30]])
    estimate = estimate_refined(replace(LEVEL, calibration=found.content), rows[0].view)
    assert 0.8 < estimate.p_good < 1.0
    assert Calibration.of(found.content).interval == pytest.approx(found.interval)


def test_intervals_from_few_rows_are_wide_enough_for_others():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(40):
        drawn = [row(rng) for _ in range(130)]
        level = replace(LEVEL, calibration=fit(drawn[:30]).content)
        estimates = [estimate_refined(level, one.view) for one in drawn[30:]]
        held += [j.low <= o.barrier <= j.high for j, o in zip(estimates, drawn[30:], strict=True)]
    assert 0.9 <= np.mean(held) < 0.94
