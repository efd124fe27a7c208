from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.evaluation.repeat_features import (
    Events,
    SeveralKeys,
    counts_before,
    mean_counts_before,
    popularity_features,
    repeat_features,
    seen_before,
)

# Four items; the last has no category.
CATEGORY = np.array([0, 0, 1, -1])

event = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(-3, 3))


def events(*rows: tuple[int, int, int]) -> Events:
    """Events from (user, item, time) rows."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Events(*columns)


LINES = events((0, 0, 10), (0, 0, 20), (0, 1, 20), (0, 3, 25), (1, 2, 5))


def test_counts_of_a_history_that_fits_on_paper() -> None:
    shown = events((0, 0, 30), (0, 1, 30), (0, 2, 30), (1, 2, 30), (1, 0, 30))
    assert counts_before(LINES, shown, np.arange(4)).tolist() == [2, 1, 0, 1, 0]
    assert counts_before(LINES, shown, CATEGORY).tolist() == [3, 3, 0, 1, 0]
    assert counts_before(LINES, shown, np.zeros(4, dtype=np.int64)).tolist() == [4, 4, 4, 1, 1]


def test_a_line_at_the_impressions_own_time_does_not_count() -> None:
    shown = events((0, 0, 10), (0, 0, 11), (0, 0, 20), (0, 0, 21))
    assert counts_before(LINES, shown, np.arange(4)).tolist() == [0, 1, 1, 2]


def test_a_missing_value_repeats_nothing() -> None:
    assert counts_before(LINES, events((0, 3, 30)), CATEGORY).tolist() == [0]
    assert counts_before(LINES, events((0, 3, 30)), np.full(4, -1)).tolist() == [0]


def test_an_item_and_a_user_without_lines_have_no_counts() -> None:
    assert counts_before(LINES, events((7, 0, 30), (0, 4, 30)), np.arange(5)).tolist() == [0, 0]
    assert counts_before(events(), events((0, 0, 30)), np.arange(4)).tolist() == [0]
    assert counts_before(LINES, events(), np.arange(4)).tolist() == []


@given(st.lists(event, max_size=40), st.lists(event, max_size=20), st.permutations([-1, 0, 1, 1]))
def test_counts_are_those_of_looking_at_every_line(
    lines: list[tuple[int, int, int]], shown: list[tuple[int, int, int]], keys: list[int]
) -> None:
    expected = [
        sum(u == user and keys[i] == keys[item] >= 0 and t < time for u, i, t in lines) for user, item, time in shown
    ]
    assert counts_before(events(*lines), events(*shown), np.array(keys)).tolist() == expected


@given(st.lists(event, max_size=20), st.lists(event, max_size=20), st.lists(event, max_size=20))
def test_later_lines_and_other_users_lines_change_no_feature(
    lines: list[tuple[int, int, int]], shown: list[tuple[int, int, int]], others: list[tuple[int, int, int]]
) -> None:
    latest = max((time for _, _, time in shown), default=0)
    more = [*lines, *((user, item, latest) for user, item, _ in others)]
    more += [(user + 3, item, time) for user, item, time in others]
    before, _ = repeat_features(events(*lines), events(*shown), {"category": CATEGORY})
    after, _ = repeat_features(events(*more), events(*shown), {"category": CATEGORY})
    assert np.array_equal(before, after)


def test_seen_before_is_about_the_item_itself() -> None:
    shown = events((0, 0, 30), (0, 2, 30), (0, 0, 10), (1, 0, 30), (1, 2, 30))
    assert seen_before(LINES, shown).tolist() == [True, False, False, False, True]


def test_features_are_log_counts_and_shares() -> None:
    features, names = repeat_features(LINES, events((0, 0, 30), (2, 0, 30)), {"category": CATEGORY})
    assert names == ["log length", "log same item", "share same item", "log same category", "share same category"]
    assert features[0] == pytest.approx([np.log(5), np.log(3), 2 / 4, np.log(4), 3 / 4])
    assert features[1].tolist() == [0, 0, 0, 0, 0]


def test_popularity_counts_everyones_earlier_lines() -> None:
    lines = events((0, 0, 10), (1, 0, 20), (2, 1, 20), (0, 2, 20))
    features, names = popularity_features(lines, events((5, 0, 20), (0, 0, 30)), {"category": CATEGORY})
    assert names == ["log anyone's item", "log anyone's category"]
    assert features == pytest.approx(np.log1p([[1, 1], [2, 3]]))


def test_counts_of_several_values_are_the_mean_of_each_ones() -> None:
    keys = SeveralKeys(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 3, 5, 5]))  # {0}, {0, 1}, {1, 2}, none
    shown = events((0, 0, 30), (0, 1, 30), (0, 2, 30), (0, 3, 30), (1, 2, 30))
    assert mean_counts_before(LINES, shown, keys).tolist() == [3, 2, 0.5, 0, 1]
    one_each = SeveralKeys(np.array([0, 0, 1]), np.array([0, 1, 2, 3, 3]))
    assert mean_counts_before(LINES, shown, one_each).tolist() == counts_before(LINES, shown, CATEGORY).tolist()
