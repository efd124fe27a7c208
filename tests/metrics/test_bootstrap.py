from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from din_core.metrics import Interval, MetricError, auc, auc_interval, gauc, gauc_interval


def impressions(n: int = 4000, users: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.3
    return rng.integers(users, size=n), label, (label * 0.7 + rng.normal(size=n)).round(1)


def redrawn(metric: Callable, user: np.ndarray, draws: int, seed: int, minus: Callable | None = None) -> Interval:
    """The textbook way: copy the rows of every drawn user (as a user of its own) and measure again."""
    rng = np.random.default_rng(seed)
    ids = np.unique(user)
    rows_of = [np.flatnonzero(user == one) for one in ids]
    values = []
    for _ in range(draws):
        drawn = rng.integers(len(ids), size=len(ids))
        rows = np.concatenate([rows_of[i] for i in drawn])
        copies = np.repeat(np.arange(len(drawn)), [len(rows_of[i]) for i in drawn])
        values.append(metric(rows, copies) - (minus(rows, copies) if minus else 0))
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(low), float(high))


def test_weighting_by_draws_equals_copying_the_drawn_rows() -> None:
    user, label, score = impressions(600, 30)
    other = np.roll(score, 1)

    def auc_of(values: np.ndarray) -> Callable:
        return lambda rows, copies: auc(label[rows], values[rows])

    def gauc_of(values: np.ndarray) -> Callable:
        return lambda rows, copies: gauc(copies, label[rows], values[rows]).value

    for interval, of in ((auc_interval, auc_of), (gauc_interval, gauc_of)):
        weighted = interval(user, label, score, replicates=40, seed=3)
        copied = redrawn(of(score), user, 40, 3)
        assert (weighted.low, weighted.high) == pytest.approx((copied.low, copied.high), abs=1e-12)
        weighted = interval(user, label, score, minus=other, replicates=40, seed=3)
        copied = redrawn(of(score), user, 40, 3, minus=of(other))
        assert (weighted.low, weighted.high) == pytest.approx((copied.low, copied.high), abs=1e-12)


def test_the_interval_holds_the_measured_value() -> None:
    user, label, score = impressions()
    found = auc_interval(user, label, score)
    assert found.low < auc(label, score) < found.high
    found = gauc_interval(user, label, score)
    assert found.low < gauc(user, label, score).value < found.high


@pytest.mark.parametrize("interval", [auc_interval, gauc_interval])
def test_a_score_minus_itself_is_exactly_zero(interval: Callable) -> None:
    user, label, score = impressions(400, 20)
    assert interval(user, label, score, minus=score, replicates=20) == Interval(0.0, 0.0)


@pytest.mark.parametrize("interval", [auc_interval, gauc_interval])
def test_a_difference_is_far_narrower_than_its_parts(interval: Callable) -> None:
    user, label, score = impressions()
    slightly_worse = score + 0.1 * np.random.default_rng(1).normal(size=len(score))
    alone, paired = interval(user, label, score), interval(user, label, score, minus=slightly_worse)
    assert paired.high - paired.low < (alone.high - alone.low) / 3


def test_one_seed_gives_one_interval() -> None:
    user, label, score = impressions(400, 20)
    assert auc_interval(user, label, score, seed=1) == auc_interval(user, label, score, seed=1)
    assert auc_interval(user, label, score, seed=1) != auc_interval(user, label, score, seed=2)


def test_draws_with_one_label_only_are_left_out() -> None:
    # A third of the draws hold only one of the two users, whose labels are all equal.
    found = auc_interval([1, 1, 2, 2], [1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], replicates=50)
    assert found == Interval(1.0, 1.0)


@pytest.mark.parametrize(
    ("user", "label", "interval", "told"),
    [
        ([1, 1], [0, 1], auc_interval, "all rows are of one user; an interval over users needs at least 2"),
        ([1, 2], [1, 1], auc_interval, "none of 200 draws of 2 users has both labels"),
        ([1, 2], [0, 1], gauc_interval, "none of 200 draws of 2 users has both labels"),
    ],
)
def test_rows_without_an_interval_are_refused(user: list, label: list, interval: Callable, told: str) -> None:
    with pytest.raises(MetricError, match=told):
        interval(user, label, [0.1, 0.2])
