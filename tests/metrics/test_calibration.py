from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.metrics import MetricError, calibration_bins, expected_calibration_error

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=60)


def test_two_bins_by_hand() -> None:
    label, probability = [0, 1, 1, 1], [0.1, 0.3, 0.6, 0.8]
    found = calibration_bins(label, probability, bins=2)
    assert found.rows.tolist() == [2, 2]
    assert found.predicted == pytest.approx([0.2, 0.7])
    assert found.observed == pytest.approx([0.5, 1.0])
    assert expected_calibration_error(label, probability, bins=2) == pytest.approx(0.3)


def test_a_constant_equal_to_the_base_rate_is_calibrated() -> None:
    assert expected_calibration_error([0, 0, 0, 1], [0.25] * 4) == 0


def test_certain_and_always_wrong_is_one() -> None:
    assert expected_calibration_error([0, 0, 1], [1.0, 1.0, 0.0]) == 1


def test_equal_probabilities_share_a_bin() -> None:
    found = calibration_bins([0, 1, 0, 1, 1, 1], [0.2, 0.2, 0.2, 0.2, 0.9, 0.9], bins=3)
    assert found.rows.tolist() == [4, 2]
    assert found.observed.tolist() == [0.5, 1.0]


@given(rows, st.integers(1, 20))
def test_bins_hold_every_row_once_in_rising_order(found: list[tuple[bool, int]], bins: int) -> None:
    label, tenths = (np.array(column) for column in zip(*found, strict=True))
    made = calibration_bins(label, tenths / 10, bins)
    assert made.rows.min() >= 1
    assert made.rows.sum() == len(label)
    assert len(made.rows) <= bins
    assert (np.diff(made.predicted) > 0).all()
    assert made.rows @ made.predicted == pytest.approx(tenths.sum() / 10)
    assert made.rows @ made.observed == pytest.approx(label.sum())


@given(rows)
def test_one_bin_measures_the_gap_of_the_means(found: list[tuple[bool, int]]) -> None:
    label, tenths = (np.array(column) for column in zip(*found, strict=True))
    gap = abs(label.mean() - tenths.mean() / 10)
    assert expected_calibration_error(label, tenths / 10, bins=1) == pytest.approx(gap)


def test_no_bins_are_refused() -> None:
    with pytest.raises(MetricError, match="bins is 0; give at least 1"):
        expected_calibration_error([0, 1], [0.1, 0.9], bins=0)
