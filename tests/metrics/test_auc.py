from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from din_core.metrics import MetricError, auc

# Few distinct scores, so that ties are common.
rows = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=40).filter(
    lambda found: len({label for label, _ in found}) == 2
)


def auc_by_pairs(label: np.ndarray, score: np.ndarray) -> float:
    """The definition: every positive against every negative, ties one half."""
    gap = score[label == 1][:, None] - score[label == 0][None, :]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def test_three_of_four_pairs_in_order_are_three_quarters() -> None:
    assert auc([0, 1, 0, 1], [0.1, 0.3, 0.4, 0.8]) == 0.75


def test_a_tie_counts_one_half() -> None:
    assert auc([0, 1], [0.5, 0.5]) == 0.5
    assert auc([0, 0, 1], [0.1, 0.5, 0.5]) == 0.75


def test_perfect_order_is_one_and_its_reverse_zero() -> None:
    assert auc([0, 0, 1, 1], [-2, -1, 7, 9]) == 1.0
    assert auc([0, 0, 1, 1], [9, 7, -1, -2]) == 0.0


def test_infinite_scores_are_ordered_like_others() -> None:
    assert auc([0, 1, 1], [-np.inf, 0.0, np.inf]) == 1.0


def test_a_difference_far_below_the_scores_size_still_orders_them() -> None:
    assert auc([0, 1], np.array([1.0, np.nextafter(1.0, 2.0)])) == 1.0


@given(rows)
def test_auc_is_the_share_of_pairs_in_order(found: list[tuple[bool, int]]) -> None:
    label, score = (np.array(column) for column in zip(*found, strict=True))
    assert auc(label, score) == pytest.approx(auc_by_pairs(label, score), abs=1e-12)
    assert auc(label, score) == pytest.approx(roc_auc_score(label, score), abs=1e-12)


@given(rows)
def test_turning_the_scores_around_turns_auc_around(found: list[tuple[bool, int]]) -> None:
    label, score = (np.array(column) for column in zip(*found, strict=True))
    assert auc(label, -score) == pytest.approx(1 - auc(label, score), abs=1e-12)


@pytest.mark.parametrize(
    ("label", "score", "message"),
    [
        ([1, 1], [0.1, 0.2], "all 2 labels are 1; AUC needs both labels"),
        ([0, 2], [0.1, 0.2], "label is 2 in row 1; labels are 0 or 1"),
        ([0.0, np.nan], [0.1, 0.2], "label is nan in row 1"),
        (["a", "b"], [0.1, 0.2], "label is a in row 0"),
        ([0, 1], [0.1, np.nan], "score is NaN in row 1"),
        ([0, 1], ["low", "high"], "give numbers"),
        ([0, 1, 1], [0.1, 0.2], r"lengths differ \(label 3, score 2 rows\)"),
        ([[0, 1]], [0.1, 0.2], r"label has shape \(1, 2\)"),
        ([], [], r"label has shape \(0,\)"),
    ],
)
def test_input_without_an_auc_is_refused_in_one_sentence(label: list, score: list, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        auc(label, score)
