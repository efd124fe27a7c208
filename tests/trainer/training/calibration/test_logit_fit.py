"""Slope and bias are found where they are planted, and not where nothing says that they are there."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.metrics import auc, base_rate_log_loss, expected_calibration_error, log_loss
from tests.trainer.training.calibration.made_logits import made_logits
from trainer.training.calibration.logit_fit import IDENTITY, LEAST_SPREAD, LogitMap, fit_logits


def sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize(("slope", "bias"), [(0.25, -1.0), (0.25, 2.0), (4.0, 0.5), (0.002, 0.0), (300.0, -1.0)])
def test_a_planted_slope_and_bias_are_found_at_any_scale(slope: float, bias: float) -> None:
    fit = fit_logits(*made_logits(slope=slope, bias=bias))
    assert fit.reason is None
    assert fit.map.slope == pytest.approx(slope, rel=0.1)
    assert fit.map.bias == pytest.approx(bias, abs=0.1)


def test_an_overconfident_model_worse_than_a_coin_is_mended() -> None:
    label, logit, user = made_logits(slope=0.2, bias=0.9)
    before = sigmoid(logit)
    assert log_loss(label, before) > 0.8 > np.log(2) and expected_calibration_error(label, before) > 0.2
    after = sigmoid(fit_logits(label, logit, user).map(logit))
    assert log_loss(label, after) < base_rate_log_loss(label)
    assert expected_calibration_error(label, after) < 0.03
    assert after.mean() == pytest.approx(label.mean(), abs=1e-3)
    assert auc(label, after) == auc(label, before)


def test_what_is_fitted_holds_for_impressions_that_come_later() -> None:
    train, later = made_logits(slope=0.3, bias=-0.7), made_logits(slope=0.3, bias=-0.7, seed=1)
    fit = fit_logits(*train)
    assert log_loss(later.label, sigmoid(fit.map(later.logit))) < log_loss(later.label, sigmoid(later.logit)) - 0.05
    assert fit.cross_fitted_log_loss == pytest.approx(log_loss(train.label, sigmoid(fit.map(train.logit))), abs=2e-3)


def test_a_temperature_is_a_slope_alone() -> None:
    fit = fit_logits(*made_logits(slope=0.25), "temperature")
    assert fit.map.slope == pytest.approx(0.25, rel=0.1)
    assert fit.map.bias == 0


@pytest.mark.parametrize("seed", range(8))
def test_calibrated_logits_are_hardly_changed(seed: int) -> None:
    label, logit, user = made_logits(seed=seed, n=1000)
    fit = fit_logits(label, logit, user)
    assert log_loss(label, sigmoid(fit.map(logit))) > log_loss(label, sigmoid(logit)) - 0.005
    assert fit.reason == "no gain" or fit.cross_fitted_log_loss < log_loss(label, sigmoid(logit))


def test_of_calibrated_logits_most_are_left_as_they_are() -> None:
    fits = [fit_logits(*made_logits(seed=seed, n=400)) for seed in range(30)]
    left = [fit for fit in fits if fit.reason == "no gain"]
    assert len(left) > 15
    assert all(fit.map == IDENTITY for fit in left)


def test_a_model_that_ranks_backwards_keeps_its_order_and_says_nearly_the_base_rate() -> None:
    label, logit, user = made_logits()
    fit = fit_logits(label, -3 * logit, user)
    mapped = fit.map(-3 * logit)
    assert fit.map.slope > 0 and mapped.std() == pytest.approx(LEAST_SPREAD, rel=1e-3)
    after = sigmoid(mapped)
    assert log_loss(label, after) == pytest.approx(base_rate_log_loss(label), abs=0.02)
    assert after.mean() == pytest.approx(label.mean(), abs=1e-3)


def test_logits_that_separate_the_labels_get_a_finite_slope() -> None:
    label = np.tile([0, 1], 300)
    fit = fit_logits(label, np.where(label > 0, 0.4, -0.4), np.arange(600) // 4)
    assert fit.reason is None
    assert 5 < fit.map.slope < 50
    assert sigmoid(fit.map(np.array([0.4])))[0] < 0.999


def test_one_logit_for_all_becomes_the_base_rate() -> None:
    label = np.tile([0, 0, 0, 1], 100)
    fit = fit_logits(label, np.full(400, 5.0), np.arange(400) // 4)
    assert fit.map.slope == 1
    assert sigmoid(fit.map(np.array([5.0])))[0] == pytest.approx(0.25, abs=0.01)
    assert fit_logits(label, np.zeros(400), np.arange(400) // 4, "temperature").reason == "no gain"


def test_without_both_labels_or_with_few_impressions_nothing_is_fitted() -> None:
    label, logit, user = made_logits(slope=0.2, bias=1.0)
    assert fit_logits(np.ones_like(label), logit, user).reason == "one label"
    assert fit_logits(np.zeros_like(label), logit, user).reason == "one label"
    assert fit_logits(label[:99], logit[:99], user[:99]).reason == "few impressions"
    rare = np.zeros_like(label)
    rare[:9] = 1
    assert fit_logits(rare, logit, user).reason == "few impressions"
    assert fit_logits(label, logit, user, "none").reason == "asked"


def test_a_gain_on_one_user_alone_is_no_gain() -> None:
    """All positives are one user's: without that user, nothing can be fitted."""
    label, user = np.repeat([1, 0], [50, 350]), np.repeat(np.arange(8), 50)
    assert fit_logits(label, np.zeros(400), user).reason == "no gain"


def test_impressions_of_few_users_are_held_out_by_rows() -> None:
    label, logit, _ = made_logits(slope=0.2, bias=1.0)
    assert fit_logits(label, logit, np.zeros(len(label), np.int64)).map.slope == pytest.approx(0.2, rel=0.15)


def test_a_map_is_inverted_by_its_inverse() -> None:
    logit = np.linspace(-8, 8, 17)
    found = LogitMap(0.3, -1.2)
    assert found.inverse(found(logit)) == pytest.approx(logit)
