"""Histories that stand beside impressions, as behaviors with times."""

from __future__ import annotations

from trainer.datasets.assembly.dated_histories import dated


def visible(rows: list[tuple[int, list[int]]], before: int) -> list[int]:
    """The history that the store has for an impression: behaviors strictly earlier, in their order."""
    times, items = dated(rows)
    ordered = sorted(zip(times, range(len(times)), items, strict=True))
    return [item for time, _, item in ordered if time < before]


def test_a_fixed_history_is_there_once_before_every_impression() -> None:
    rows = [(100, [7, 8, 7]), (200, [7, 8, 7]), (300, [7, 8, 7])]
    assert dated(rows) == ([97, 98, 99], [7, 8, 7])
    assert all(visible(rows, time) == items for time, items in rows)


def test_a_growing_history_is_seen_by_each_impression_as_it_was() -> None:
    rows = [(100, [1]), (101, [1, 2, 3, 4]), (500, [1, 2, 3, 4, 5])]
    assert all(visible(rows, time) == items for time, items in rows)


def test_a_window_that_moves_on_adds_only_what_is_new() -> None:
    rows = [(100, [1, 2, 3]), (200, [2, 3, 4]), (300, [4, 5, 6])]
    assert dated(rows)[1] == [1, 2, 3, 4, 5, 6]


def test_of_two_histories_at_one_time_the_longest_counts() -> None:
    assert dated([(100, [1]), (100, [1, 2]), (100, [])])[1] == [1, 2]


def test_no_behavior_is_before_the_year_1970_and_an_empty_history_adds_none() -> None:
    assert dated([(2, [1, 2, 3])]) == ([0, 0, 1], [1, 2, 3])
    assert dated([(2, [])]) == ([], [])
