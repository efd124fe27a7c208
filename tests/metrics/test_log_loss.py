from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss as sklearn_log_loss

from din_core.metrics import MetricError, log_loss


def test_a_coin_costs_ln_two() -> None:
    assert log_loss([0, 1, 1], [0.5, 0.5, 0.5]) == pytest.approx(math.log(2))


def test_two_rows_by_hand() -> None:
    assert log_loss([1, 0], [0.8, 0.4]) == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)


def test_a_certain_and_wrong_prediction_costs_sixteen_nats() -> None:
    assert log_loss([0], [1.0]) == pytest.approx(-math.log(1e-7))
    assert log_loss([1], [0.0]) == pytest.approx(-math.log(1e-7))
    assert log_loss([1], np.ones(1, np.float32)) == pytest.approx(0, abs=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.floats(1e-6, 1 - 1e-6)), min_size=1, max_size=40))
def test_log_loss_is_scikit_learns_away_from_the_clip(found: list[tuple[bool, float]]) -> None:
    label, probability = zip(*found, strict=True)
    expected = sklearn_log_loss(np.array(label, int), np.array(probability), labels=[0, 1])
    assert log_loss(label, probability) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(MetricError, match=f"probability is {wrong} in row 1, outside 0 to 1"):
        log_loss([0, 1], [0.5, wrong])
