"""Each question on tables whose answer fits on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from din_core.checks import Finding, check_tables, events
from din_core.checks.events import history_lengths, repeated_rows, stands_in_history
from din_core.store import BulkTables

DAY = 86_400


def tables(behaviors, impressions, items=4, users=2) -> BulkTables:
    """behaviors (user, item, day), impressions (user, item, day, label, split), each sorted by user, then day."""
    of_behaviors = np.array(behaviors, np.int64).reshape(-1, 3).T
    user, item, day, label, split = zip(*impressions, strict=True)
    return BulkTables(
        items=pd.DataFrame({"item_id": [str(i) for i in range(items)]}, dtype=object),
        users=pd.DataFrame({"user_id": [str(u) for u in range(users)]}, dtype=object),
        behavior_user=of_behaviors[0],
        behavior_item=of_behaviors[1],
        behavior_time=of_behaviors[2] * DAY,
        impression_user=np.array(user),
        impression_item=np.array(item),
        impression_time=np.array(day) * DAY,
        impression_label=np.array(label, np.int8),
        impression_split=np.array(split),
        impression_context=pd.DataFrame(index=range(len(user))),
    )


WORLD = tables(
    behaviors=[(0, 1, 1), (0, 2, 2), (0, 1, 3), (1, 3, 2)],
    impressions=[(0, 1, 1, 0, "train"), (0, 1, 3, 1, "test"), (1, 3, 3, 1, "test"), (1, 2, 3, 0, "test")],
)


def found(name: str, of: BulkTables) -> Finding:
    """The answer to one question."""
    return next(finding for finding in check_tables(of) if finding.name == name)


def test_a_history_holds_what_is_strictly_earlier_of_the_same_user() -> None:
    assert history_lengths(WORLD).tolist() == [0, 2, 1, 1]
    assert stands_in_history(WORLD).tolist() == [False, True, True, False]


def test_histories_are_counted_across_times_that_no_number_could_hold_beside_a_user() -> None:
    far = replace(
        WORLD,
        behavior_time=WORLD.behavior_time * 2**40,
        impression_time=WORLD.impression_time * 2**40,
        behavior_user=WORLD.behavior_user * 10**6,
        impression_user=WORLD.impression_user * 10**6,
    )
    assert history_lengths(far).tolist() == [0, 2, 1, 1]


@pytest.mark.parametrize("most", [1, 3, 50])
def test_users_that_are_looked_at_one_after_the_other_find_the_same(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    draw = np.random.default_rng(4)
    rows = [
        sorted(
            zip(*(draw.integers(0, high, 120).tolist() for high in (9, 4, 6)), strict=True), key=lambda r: (r[0], r[2])
        )
        for _ in range(2)
    ]
    world = tables(rows[0], [(*row, n % 2, "train") for n, row in enumerate(rows[1])], users=9)
    earlier = [[b for b in rows[0] if b[0] == user and b[2] < day] for user, _, day in rows[1]]
    monkeypatch.setattr(events, "MOST_ROWS", most)
    assert history_lengths(world).tolist() == [len(own) for own in earlier]
    known = [any(b[1] == row[1] for b in own) for row, own in zip(rows[1], earlier, strict=True)]
    assert stands_in_history(world).tolist() == known
    assert f"{120 - len(set(rows[0])):,} (" in str(found("duplicates", world).text)


def test_a_row_that_stands_three_times_repeats_twice() -> None:
    assert repeated_rows(np.array([1, 1, 2, 1]), np.array([5, 5, 5, 5])) == 2
    assert repeated_rows(np.array([], np.int64)) == 0


def test_small_splits_are_named_with_the_rows_of_each_table() -> None:
    finding = found("sizes", WORLD)
    assert str(finding.text) == "4 items, 2 users, 4 behaviors, 4 impressions"
    assert finding.verdict == "note"
    assert "fewer than 1,000 impressions in test" in str(finding.advice)


def test_doubled_behaviors_are_counted_and_doubled_impressions_are_no_fault() -> None:
    twice = tables([(0, 1, 1), (0, 1, 1), (0, 2, 2)], [(0, 1, 3, 1, "test"), (0, 1, 3, 0, "test")])
    finding = found("duplicates", twice)
    assert str(finding.text) == "behaviors that repeat another's user, item and time: 1 (33.3 %); impressions: 1"
    assert finding.verdict == "note"
    assert found("duplicates", WORLD).verdict == "fine"


def test_histories_that_are_nearly_all_empty_are_noted_and_the_store_itself_says_where_all_are() -> None:
    assert found("histories", WORLD).verdict == "fine"
    finding = found("histories", replace(WORLD, behavior_time=WORLD.behavior_time - DAY * np.array([0, -9, -9, -9])))
    assert finding.verdict == "note"
    assert "75.0 % have none" in str(finding.text)
    late = replace(WORLD, behavior_time=WORLD.behavior_time * 1_000)  # milliseconds beside seconds
    assert "histories" not in [asked.name for asked in check_tables(late)]


def test_behaviors_with_days_alone_among_impressions_with_times_are_a_problem() -> None:
    timed = replace(WORLD, impression_time=WORLD.impression_time + np.array([60, 3600, 7200, 9000]))
    finding = found("days", timed)
    assert finding.verdict == "problem"
    assert "ingest --session day" in str(finding.advice)
    for alike in (WORLD, replace(timed, behavior_time=timed.behavior_time + np.array([5, 6, 7, 8]))):
        assert "days" not in [asked.name for asked in check_tables(alike)]


def test_repeats_are_compared_between_positives_and_negatives() -> None:
    finding = found("repeats", WORLD)
    assert str(finding.text).endswith("at 100.0 % of the positives and 0.0 % of the negatives")
    assert finding.verdict == "note"


@pytest.mark.parametrize(
    ("positive", "negative", "verdict", "advice"),
    [(1, 2, "problem", "drawn uniformly"), (2, 1, "problem", "the rarer an item"), (1, 1, "fine", "None")],
)
def test_what_popularity_alone_is_worth_says_how_negatives_were_drawn(positive, negative, verdict, advice) -> None:
    behaviors = [(0, 1, 1), (0, 1, 2), (0, 2, 1)]
    shown = [(0, positive, 9, 1, "test")] * 100 + [(1, negative, 9, 0, "test")] * 100
    finding = found("popularity", tables(behaviors, shown))
    assert finding.verdict == verdict
    assert advice in str(finding.advice)


def test_what_popularity_is_worth_on_a_handful_of_impressions_says_nothing_of_their_sampling() -> None:
    shown = [(0, 1, 9, 1, "test")] * 99 + [(1, 2, 9, 0, "test")] * 100
    finding = found("popularity", tables([(0, 1, 1), (0, 1, 2), (0, 2, 1)], shown))
    assert finding.verdict == "note"
    assert str(finding.advice) == "99 positives and 100 negatives are too few to say how they were drawn"


def test_popularity_counts_nothing_that_comes_after_training() -> None:
    late = tables([(0, 1, 9), (0, 1, 9)], [(0, 1, 9, 1, "test"), (1, 2, 9, 0, "test")])
    assert "AUC of 0.500" in str(found("popularity", late).text)


def test_new_items_are_a_problem_where_most_of_the_test_shows_them() -> None:
    new = tables([(0, 1, 1)], [(0, 1, 5, 1, "test"), (0, 2, 5, 0, "test"), (1, 3, 5, 0, "test")])
    assert found("coverage", new).verdict == "problem"
    assert str(found("coverage", new).text).startswith("33.3 % of the test impressions")


def test_a_field_that_names_a_person_is_named_by_the_rule_of_ingest() -> None:
    frame = pd.DataFrame({"user_id": range(200), "email": [f"{i}@x" for i in range(200)], "age": ["a", "b"] * 100})
    finding = found("fields", replace(WORLD, users=frame.astype(object)))
    assert finding.verdict == "note"
    assert "users.email (200 values in 200 rows)" in str(finding.text)
    assert "age" not in str(finding.text)
