"""Negatives as popular as the positives of their period."""

from __future__ import annotations

import numpy as np

from trainer.datasets.assembly.matched_negatives import PositivePools, periods


def pools_of(times: list[int], items: list[int]) -> PositivePools:
    pools = PositivePools(np.array([100]), 10)
    for time, item in zip(times, items, strict=True):
        pools.add(np.array([time]), np.array([item]))
    pools.fold()
    return pools


def test_draws_follow_the_counts_of_the_period_and_hold_nothing_of_another() -> None:
    pools = pools_of([5, 6, 7, 99, 100, 101], [1, 1, 1, 2, 3, 3])
    drawn = pools.draw(np.repeat([50, 150], 4000), np.random.default_rng(0))
    early, late = drawn[:4000], drawn[4000:]
    assert set(early) == {1, 2}
    assert set(late) == {3}
    assert abs((early == 1).mean() - 0.75) < 0.03


def test_uniform_draws_do_not_follow_the_counts() -> None:
    pools = pools_of([5, 6, 7, 99, 100], [1, 1, 1, 2, 3])
    drawn = pools.draw(np.full(4000, 50), np.random.default_rng(0), uniform=True)
    assert abs((drawn == 1).mean() - 0.5) < 0.03


def test_sums_in_between_change_nothing() -> None:
    pools = pools_of([5, 6], [1, 2])
    pools.fold()
    pools.add(np.array([7]), np.array([2]))
    pools.fold()
    assert abs((pools.draw(np.full(4000, 0), np.random.default_rng(0)) == 2).mean() - 2 / 3) < 0.03


def test_periods_end_where_weeks_and_splits_do() -> None:
    assert periods(0, 25, 10, (13, 20)).tolist() == [10, 13, 20]
