from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from din_core.metrics import MetricError, auc, gauc

rows = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(-3, 3)), min_size=1, max_size=60)


def gauc_by_user(user: np.ndarray, label: np.ndarray, score: np.ndarray) -> tuple[float, int, int]:
    """The equation, user by user, with scikit-learn's AUC."""
    won, total, skipped = 0.0, 0, 0
    for one in np.unique(user):
        mine = user == one
        if len(set(label[mine])) < 2:
            skipped += 1
            continue
        won += mine.sum() * roc_auc_score(label[mine], score[mine])
        total += mine.sum()
    return won / total if total else np.nan, len(np.unique(user)) - skipped, skipped


def test_users_are_weighted_by_their_impressions() -> None:
    # a: 2 rows, AUC 1. b: 4 rows, AUC 1/4. (2·1 + 4·¼) / 6 = ½
    found = gauc(["a", "a", "b", "b", "b", "b"], [0, 1, 1, 0, 0, 1], [0.1, 0.9, 0.1, 0.2, 0.4, 0.3])
    assert found.value == pytest.approx(0.5)
    assert (found.users, found.skipped_users) == (2, 0)


def test_users_with_one_label_are_skipped_and_counted() -> None:
    found = gauc([1, 1, 2, 2, 3], [0, 1, 1, 1, 0], [0.1, 0.9, 0.1, 0.2, 0.5])
    assert (found.value, found.users, found.skipped_users) == (1.0, 1, 2)


def test_one_user_alone_has_its_auc() -> None:
    label, score = [0, 1, 0, 1], [0.1, 0.3, 0.4, 0.8]
    assert gauc([7] * 4, label, score).value == auc(label, score)


def test_differences_between_users_do_not_count() -> None:
    label, score = [0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9]
    assert gauc([1, 1, 2, 2], label, score).value == 1.0
    assert auc(label, score) == 0.75


def test_integer_text_and_object_ids_are_the_same_users() -> None:
    label, score = [0, 1, 1, 0, 0, 1], [0.1, 0.9, 0.1, 0.2, 0.4, 0.3]
    ids = np.array(["b", "b", "a", "a", "a", "a"])
    assert gauc([5, 5, 2, 2, 2, 2], label, score) == gauc(ids, label, score)
    assert gauc(ids.astype(object), label, score) == gauc(ids, label, score)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([-128, -128, 127, 127, 127, 127] * 11, np.int8),
        np.array([2**64 - 1, 2**64 - 1, 2**64 - 3, 2**64 - 3, 2**64 - 3, 2**64 - 3] * 11, np.uint64),
        np.array([-(2**63), -(2**63), 2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1] * 11),
        np.array([2**24 + 1, 2**24 + 1, 2**24, 2**24, 2**24, 2**24] * 11),
    ],
)
def test_ids_of_any_width_are_told_apart(ids: np.ndarray) -> None:
    label, score = [0, 1, 1, 0, 0, 1] * 11, [0.1, 0.9, 0.1, 0.2, 0.4, 0.3] * 11
    assert gauc(ids, label, score) == gauc(["b", "b", "a", "a", "a", "a"] * 11, label, score)


@given(rows)
def test_gauc_is_the_papers_equation(found: list[tuple[int, bool, int]]) -> None:
    user, label, score = (np.array(column) for column in zip(*found, strict=True))
    value, users, skipped = gauc_by_user(user, label, score)
    assume(users > 0)
    measured = gauc(user, label, score)
    assert measured.value == pytest.approx(value, abs=1e-12)
    assert (measured.users, measured.skipped_users) == (users, skipped)


increasing = st.lists(st.integers(-999, 999), min_size=7, max_size=7, unique=True).map(sorted)
"""What the scores -3 … 3 become under some strictly increasing map."""


@given(rows, st.lists(increasing, min_size=5, max_size=5))
def test_any_increasing_map_of_a_users_scores_changes_nothing(
    found: list[tuple[int, bool, int]], maps: list[list[int]]
) -> None:
    user, label, score = (np.array(column) for column in zip(*found, strict=True))
    assume(gauc_by_user(user, label, score)[1] > 0)
    assert gauc(user, label, np.array(maps)[user, score + 3]) == gauc(user, label, score)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(found: list[tuple[int, bool, int]], random) -> None:  # type: ignore[no-untyped-def]
    user, label, score = (np.array(column) for column in zip(*found, strict=True))
    assume(gauc_by_user(user, label, score)[1] > 0)
    order = list(range(len(user)))
    random.shuffle(order)
    assert gauc(user[order], label[order], score[order]) == gauc(user, label, score)


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ([1, 2], "none of the 2 users has both labels"),
        ([1.0, np.nan], "user is missing in row 1"),
        ([None, "a"], "user is missing in row 0"),
        ([1, 1, 1], r"lengths differ \(user 3, label 2, score 2 rows\)"),
    ],
)
def test_input_without_a_gauc_is_refused_in_one_sentence(user: list, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        gauc(user, [0, 1], [0.1, 0.2])
