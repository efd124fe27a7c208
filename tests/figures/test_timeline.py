"""The time axis: true time as far as full baskets allow, and honest dates under it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import Behavior, History, Item, User
from din_core.figures import Timeline, timeline_info
from din_core.figures.timeline import DAY, GAP_SHARE, MAX_GAP, date_ticks, spread

places = st.lists(st.floats(0, 1), max_size=60).map(lambda values: np.array(sorted(values)))


@given(places)
def test_neighbours_keep_a_gap_and_stay_on_the_axis(wanted: np.ndarray) -> None:
    found = spread(wanted)
    gap = min(MAX_GAP, GAP_SHARE / max(len(wanted), 1))
    assert len(found) == len(wanted)
    assert (np.diff(found) >= gap - 1e-12).all()
    assert ((found >= -1e-12) & (found <= 1 + 1e-12)).all()


def test_lines_that_do_not_touch_stay_at_their_true_time() -> None:
    wanted = np.array([0.1, 0.5, 0.9])
    assert spread(wanted) == pytest.approx(wanted)


def test_a_basket_is_spread_evenly_around_its_true_time() -> None:
    assert spread(np.array([0.5, 0.5, 0.5])) == pytest.approx([0.5 - MAX_GAP, 0.5, 0.5 + MAX_GAP])


def test_four_thousand_lines_of_one_moment_fit_on_the_axis() -> None:
    found = spread(np.ones(4000))
    assert found[-1] == pytest.approx(1)
    assert found[0] == pytest.approx(1 - GAP_SHARE, abs=1e-3)


def test_every_line_points_at_its_distinct_behavior(timeline: Timeline) -> None:
    titles = [timeline.behaviors[row].item.label for row in timeline.line_behavior]
    assert titles == ["Milk", "Milk", "Cheese", "Beer", "Nails"]
    assert timeline.position[0] == 0
    assert timeline.position[-1] == pytest.approx(0.9)
    assert timeline.unseen_lines == 0


def test_lines_the_model_does_not_see_are_counted(history: History) -> None:
    timeline = timeline_info(history, history.folded(max_distinct=2))
    assert [timeline.behaviors[row].item.label for row in timeline.line_behavior] == ["Beer", "Nails"]
    assert timeline.unseen_lines == 3


def test_dates_stand_between_the_lines_before_and_after_them(timeline: Timeline) -> None:
    for tick in timeline.ticks:
        before = timeline.position[timeline.line_time < tick.timestamp]
        after = timeline.position[timeline.line_time >= tick.timestamp]
        assert (before <= tick.position + 1e-9).all()
        assert (after >= tick.position - 1e-9).all()
    assert [tick.label for tick in timeline.ticks] == ["Sep 2017", "Oct 2017", "Nov 2017"]


def test_an_empty_history_has_an_empty_axis() -> None:
    timeline = timeline_info(History(User("u"), 1511136000, ()), ())
    assert (len(timeline.position), timeline.behaviors, timeline.unseen_lines) == (0, (), 0)


def test_a_single_line_stands_at_the_start_of_the_axis() -> None:
    history = History(User("u"), 1511136000, (Behavior(Item("a"), 1511136000 - DAY),))
    assert timeline_info(history, history.folded()).position.tolist() == [0]


@given(st.integers(0, 4_000_000_000), st.integers(1, 4_000_000_000))
def test_dates_are_few_rising_and_within_the_axis(start: int, span: int) -> None:
    ticks = date_ticks(start, min(start + span, 4_102_444_800))
    moments = [at for at, _ in ticks]
    assert len(ticks) <= 15
    assert moments == sorted(set(moments))
    assert all(start <= at <= start + span for at in moments)


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (0.25, ["01:00", "02:00", "03:00", "04:00", "05:00", "06:00"]),
        (3, ["2 Mar", "3 Mar", "4 Mar"]),
        (70, ["Apr 2017", "May 2017"]),
    ],
)
def test_dates_fit_the_span(days: float, labels: list[str]) -> None:
    start = 1488326400 + 1  # the second after 1 Mar 2017 began
    assert [label for _, label in date_ticks(start, start + int(days * DAY))] == labels


def test_a_time_in_the_last_year_that_a_link_can_name_still_has_few_ticks() -> None:
    last = 253_402_300_799  # 9999-12-31T23:59:59Z
    for start in (0, last - 400 * 365 * 86_400, last - 60 * 86_400):
        assert 1 <= len(date_ticks(start, last)) <= 15


def test_behaviors_that_are_not_folded_each_hold_one_line(history: History) -> None:
    timeline = timeline_info(history, history.plain())
    assert timeline.line_behavior.tolist() == [0, 1, 2, 3, 4]
    assert (timeline.distinct, timeline.unseen_lines) == (4, 0)


def test_an_older_line_of_an_item_whose_newest_line_is_kept_is_not_seen(history: History) -> None:
    timeline = timeline_info(history, history.plain(4))
    assert timeline.line_time.tolist() == [b.timestamp for b in history.behaviors[1:]]
    assert (timeline.line_behavior.tolist(), timeline.unseen_lines) == ([0, 1, 2, 3], 1)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), max_size=12).map(sorted),
    st.integers(0, 12),
    st.booleans(),
)
def test_every_row_holds_its_own_items_lines_and_as_many_as_it_counts(
    lines: list[tuple[int, str]], most: int, folded: bool
) -> None:
    history = History(User("u"), 10, tuple(Behavior(Item(name), at) for at, name in lines))
    behaviors = history.folded(most) if folded else history.plain(most)
    timeline = timeline_info(history, behaviors)
    for row, behavior in enumerate(behaviors):
        times = timeline.line_time[timeline.line_behavior == row].tolist()
        assert len(times) == behavior.count
        assert (times[0], times[-1]) == (behavior.first_timestamp, behavior.last_timestamp)
    assert len(timeline.line_time) + timeline.unseen_lines == len(lines)
