"""What is fitted on held-out reactions has to hold on others."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tscreen.model.evaluation.risk import (
    FRACTIONS,
    calibration_error_by_chance,
    expected_calibration_error,
    reliability,
    risk_curve,
)
from tscreen.model.inference.calibration import COVERAGE, conformal_factor, fit_expected, fit_odds
from tscreen.model.networks.recommender import GOOD_RMSD


@given(st.integers(0, 10**6), st.floats(0.1, 10.0))
def test_intervals_hold_as_often_as_they_say(seed, scale):
    rng = np.random.default_rng(seed)
    spread = rng.uniform(1.0, 5.0, 4000)
    error = np.abs(rng.normal(0, scale * spread))
    factor = conformal_factor(error[:2000], spread[:2000])
    assert (error[2000:] <= factor * spread[2000:]).mean() == pytest.approx(COVERAGE, abs=0.035)


def test_too_few_rows_give_no_bounds():
    assert conformal_factor(np.ones(8), np.ones(8)) == np.inf
    assert conformal_factor(np.arange(9.0), np.ones(9)) == 8.0


def test_probabilities_become_true():
    generator = torch.Generator().manual_seed(0)
    true_odds = 2 * torch.randn(4000, generator=generator)
    good = torch.rand(4000, generator=generator) < torch.sigmoid(true_odds)
    error = torch.where(good, GOOD_RMSD / 2, GOOD_RMSD * 2)
    overconfident = (3.0 * true_odds + 1.0).unsqueeze(-1)
    slope, offset = fit_odds(overconfident, error)
    p_good = torch.sigmoid(overconfident[:, 0] * slope + offset).numpy()
    before = torch.sigmoid(overconfident[:, 0]).numpy()
    calibrated, raw = (
        expected_calibration_error(reliability(p, good.numpy())) for p in (p_good, before)
    )
    assert calibrated < 0.02 < raw
    assert slope == pytest.approx(1 / 3, rel=0.15)


@given(st.integers(1, 6), st.integers(0, 10**6), st.floats(0.1, 30.0))
def test_a_few_rows_give_probabilities_too(rows, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    scores = scale * torch.randn(rows, 2, generator=generator)
    numbers = fit_odds(scores, torch.rand(rows, generator=generator))
    assert torch.isfinite(numbers).all()
    assert (numbers[:2] > 0).all()


def test_the_better_of_two_scores_weighs_more():
    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(2000, generator=generator)
    noise = torch.randn(2, 2000, generator=generator)
    scores = torch.stack([truth + 0.3 * noise[0], truth + 3.0 * noise[1]], dim=-1)
    error = torch.where(truth > 0, GOOD_RMSD / 2, GOOD_RMSD * 2)
    better, worse, _ = fit_odds(scores, error)
    assert better > 3 * worse > 0


def test_expected_errors_are_means_in_angstrom():
    generator = torch.Generator().manual_seed(0)
    log_rmsd, noise = torch.randn(2, 4000, generator=generator)
    error = torch.exp(0.7 * log_rmsd - 1.5 + 0.5 * noise)
    slope, offset = fit_expected(log_rmsd, error)
    assert slope == pytest.approx(0.7, abs=0.03)
    assert torch.exp(slope * log_rmsd + offset).mean() == pytest.approx(
        error.mean().item(), rel=0.03
    )
    assert fit_expected(-log_rmsd, error)[0] > 0


errors = st.lists(st.floats(0.01, 3.0), min_size=5, max_size=60).map(np.array)


@given(errors, st.integers(0, 10**6))
def test_no_order_beats_the_oracle(error, seed):
    curve = risk_curve(error, np.random.default_rng(seed).random(len(error)))
    assert len(curve.by_certainty) == len(curve.oracle) == len(FRACTIONS)
    for ours, best in zip(curve.by_certainty, curve.oracle, strict=True):
        assert best <= ours + 1e-9
    assert curve.by_certainty[0] == pytest.approx(curve.random) == pytest.approx(error.mean())
    assert np.allclose(risk_curve(error, -error).by_certainty, curve.oracle)


def test_the_least_certain_are_sent_first():
    curve = risk_curve(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.9, 0.8, 0.2, 0.1]))
    assert curve.at(0.25) == {"by_certainty": 2.0, "random": 2.5, "oracle": 2.0}
    assert curve.at(0.5)["by_certainty"] == 1.5


def test_chance_alone_makes_a_smaller_error_with_more_rows():
    p_good = np.random.default_rng(1).random(2000)
    few, many = calibration_error_by_chance(p_good[:100]), calibration_error_by_chance(p_good)
    assert 0 < many < 0.03 < few < 0.15


def test_reliability_counts_every_reaction_once():
    p_good = np.array([0.0, 0.05, 0.5, 0.99, 1.0])
    bins = reliability(p_good, np.array([False, False, True, True, True]))
    assert [one.count for one in bins] == [2, 1, 2]
    assert expected_calibration_error(bins) == pytest.approx((2 * 0.025 + 0.5 + 2 * 0.005) / 5)
