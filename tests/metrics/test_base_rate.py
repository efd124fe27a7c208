"""What a constant gets, and which model is worse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from din_core.metrics import MetricError, base_rate_log_loss, is_worse_than_base_rate, log_loss


def test_a_coin_gets_the_logarithm_of_two() -> None:
    assert base_rate_log_loss([0, 1, 1, 0]) == pytest.approx(math.log(2))


def test_it_is_the_log_loss_of_the_share_of_positives_and_the_least_of_any_constant() -> None:
    label = [1, 0, 0, 0, 0]
    found = base_rate_log_loss(label)
    assert found == pytest.approx(log_loss(label, np.full(5, 0.2)))
    assert found is not None and found < min(log_loss(label, np.full(5, p)) for p in (0.1, 0.15, 0.25, 0.3))


@pytest.mark.parametrize("label", [[0, 0], [1, 1, 1]])
def test_one_label_has_none(label: list[int]) -> None:
    assert base_rate_log_loss(label) is None


def test_what_is_no_label_is_refused() -> None:
    with pytest.raises(MetricError, match="labels are 0 or 1"):
        base_rate_log_loss([0, 2])


def test_a_model_is_worse_by_the_digits_that_are_written() -> None:
    assert is_worse_than_base_rate(0.6933, 0.6931)
    assert not is_worse_than_base_rate(0.69312, 0.69308)
    assert not is_worse_than_base_rate(0.5, 0.6931)
    assert not is_worse_than_base_rate(9.0, None)
