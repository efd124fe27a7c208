"""Each edit changes exactly what it says, and an edit that does not fit is a sentence."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import (
    Add,
    Behavior,
    Drop,
    DropItem,
    EditError,
    History,
    Item,
    Line,
    Move,
    Repeat,
    SetCandidate,
    SetContext,
    SetProfile,
    SetType,
    State,
    Truncate,
    UnknownItem,
    User,
)
from din_core.domain.edits import MOST_REPEATS, after, apply, fitting, items_needed, lines_of, states

AS_OF = 100
ITEMS = {item_id: Item(item_id, item_id.upper()) for item_id in "abcd"}
USER = User("u", {"age": ("25-34",), "likes": ("tea", "cake")})


def history(*lines: tuple[str, int]) -> History:
    """Behaviors as (item, time)."""
    return History(USER, AS_OF, tuple(Behavior(ITEMS[item_id], at) for item_id, at in lines))


def pairs(found: History) -> list[tuple[str, int]]:
    return [(b.item.item_id, b.timestamp) for b in found.behaviors]


times = st.integers(90, AS_OF - 1)
rows = st.tuples(st.sampled_from("abc"), times)
histories = st.lists(rows, min_size=1, max_size=12).map(lambda rows: history(*sorted(rows, key=lambda row: row[1])))
named = st.builds(Line, st.sampled_from("abc"), times, st.integers(1, 2))
any_edit = st.one_of(
    st.builds(Drop, named),
    st.builds(DropItem, st.sampled_from("abc")),
    st.builds(Add, st.sampled_from("abcde"), st.none() | st.integers(85, 105)),
    st.builds(Move, named, st.sampled_from(["before", "after"]), named),
    st.builds(Truncate, st.sampled_from(["before", "from"]), times),
    st.builds(Repeat, named, st.integers(0, 4)),
    st.builds(SetType, named, st.sampled_from(["buy", None])),
    st.builds(SetProfile, st.sampled_from(["age", "height"]), st.just(("x",))),
    st.builds(SetContext, st.sampled_from(["store", "weather"]), st.none() | st.just("S")),
    st.builds(SetCandidate, st.sampled_from("ae")),
)

ABA = history(("a", 1), ("b", 1), ("a", 1), ("c", 5))


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        (Drop(Line("a", 1)), [("b", 1), ("a", 1), ("c", 5)]),
        (Drop(Line("a", 1, 2)), [("a", 1), ("b", 1), ("c", 5)]),
        (DropItem("a"), [("b", 1), ("c", 5)]),
        (Add("d", 1), [("a", 1), ("b", 1), ("a", 1), ("d", 1), ("c", 5)]),
        (Add("d", 0), [("d", 0), ("a", 1), ("b", 1), ("a", 1), ("c", 5)]),
        (Add("d"), [("a", 1), ("b", 1), ("a", 1), ("c", 5), ("d", 99)]),
        (Move(Line("c", 5), "before", Line("a", 1, 2)), [("a", 1), ("b", 1), ("c", 1), ("a", 1)]),
        (Move(Line("a", 1), "after", Line("c", 5)), [("b", 1), ("a", 1), ("c", 5), ("a", 5)]),
        (Truncate("before", 5), [("a", 1), ("b", 1), ("a", 1)]),
        (Truncate("from", 5), [("c", 5)]),
        (Repeat(Line("b", 1), 3), [("a", 1), ("b", 1), ("b", 1), ("b", 1), ("a", 1), ("c", 5)]),
    ],
)
def test_an_edit_by_hand(edit, result: list[tuple[str, int]]) -> None:
    assert pairs(apply(ABA, [edit], ITEMS)) == result


def test_a_type_is_set_for_one_behavior_and_goes_with_it() -> None:
    edits = [SetType(Line("a", 1, 2), "buy"), Move(Line("a", 1, 2), "after", Line("c", 5)), Repeat(Line("a", 5), 2)]
    found = [(b.item.item_id, b.behavior_type) for b in apply(ABA, edits).behaviors]
    assert found == [("a", None), ("b", None), ("c", None), ("a", "buy"), ("a", "buy")]
    assert pairs(apply(ABA, edits[:1])) == pairs(ABA)
    assert apply(ABA, [*edits[:1], SetType(Line("a", 1, 2), None)]) == ABA


def test_each_edit_is_applied_to_the_result_of_the_last() -> None:
    edits = [Add("d"), Repeat(Line("d", 99), 2), Drop(Line("d", 99, 2)), Move(Line("d", 99), "before", Line("a", 1))]
    assert pairs(apply(ABA, edits, ITEMS)) == [("d", 1), ("a", 1), ("b", 1), ("a", 1), ("c", 5)]
    assert pairs(ABA) == [("a", 1), ("b", 1), ("a", 1), ("c", 5)]


@given(histories, st.lists(any_edit, max_size=6), st.integers(0, 6))
def test_edits_in_two_parts_are_the_same_edits(start: History, edits, cut: int) -> None:
    kept, _ = fitting(State(start, ITEMS["a"], {"store": None}), edits, ITEMS)
    assert apply(start, kept, ITEMS) == apply(apply(start, kept[:cut], ITEMS), kept[cut:], ITEMS)


@given(histories, st.data())
def test_a_line_names_one_behavior_and_dropping_it_takes_that_one(start: History, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(start.behaviors) - 1))
    rest = pairs(start)
    del rest[place]
    assert pairs(apply(start, [Drop(lines_of(start)[place])])) == rest


@given(histories, st.sampled_from("abcd"), times)
def test_an_added_behavior_stands_after_all_that_are_not_later(start: History, item_id: str, at: int) -> None:
    wanted = pairs(start)
    wanted.insert(bisect_right([time for _, time in wanted], at), (item_id, at))
    assert pairs(apply(start, [Add(item_id, at)], ITEMS)) == wanted


@given(histories, st.data())
def test_a_move_changes_one_behavior_alone(start: History, data: st.DataObject) -> None:
    names = lines_of(start)
    here, there = data.draw(st.tuples(*[st.integers(0, len(names) - 1)] * 2).filter(lambda two: two[0] != two[1]))
    side = data.draw(st.sampled_from(["before", "after"]))
    moved = pairs(apply(start, [Move(names[here], side, names[there])]))
    others = pairs(start)
    item_id, _ = others.pop(here)
    anchor = there - (here < there)
    place = anchor + (side == "after")
    assert moved[place] == (item_id, others[anchor][1])
    assert moved[:place] + moved[place + 1 :] == others


@given(histories, times)
def test_both_ways_to_truncate_share_the_history_out(start: History, at: int) -> None:
    earlier, later = apply(start, [Truncate("before", at)]), apply(start, [Truncate("from", at)])
    assert pairs(earlier) + pairs(later) == pairs(start)
    assert all(time < at for _, time in pairs(earlier))


@given(histories, st.integers(2, MOST_REPEATS), st.data())
def test_a_repeat_counts_that_often(start: History, count: int, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(lines_of(start)))
    grown = Counter(pairs(start))
    grown[line.item_id, line.timestamp] += count - 1
    repeated = apply(start, [Repeat(line, count)])
    assert Counter(pairs(repeated)) == grown
    assert len(dict.fromkeys(pairs(repeated))) == len(dict.fromkeys(pairs(start)))


@given(histories, st.lists(any_edit, max_size=8))
def test_what_does_not_fit_is_passed_over_and_the_rest_holds(start: History, edits) -> None:
    begin = State(start, ITEMS["a"], {"store": None})
    kept, wrong = fitting(begin, edits, ITEMS)
    assert len(kept) + len(wrong) == len(edits)
    assert len(states(begin, kept, ITEMS)) == len(kept) + 1
    assert all(str(error) for _, error in wrong)


def test_profile_context_and_candidate_change_nothing_else() -> None:
    begin = State(ABA, ITEMS["a"], {"store": "S", "mailer": None})
    edits = [SetProfile("likes", ()), SetContext("store", None), SetCandidate("d")]
    _, profile, context, candidate = states(begin, edits, ITEMS)
    assert profile.history.user.fields == {"age": ("25-34",), "likes": ()}
    assert profile.history.behaviors == ABA.behaviors and profile.context == begin.context
    assert (context.context, context.history) == ({"store": None, "mailer": None}, profile.history)
    assert (candidate.candidate, candidate.context) == (ITEMS["d"], context.context)
    assert apply(ABA, edits).user == profile.history.user
    assert begin == State(ABA, ITEMS["a"], {"store": "S", "mailer": None})


def test_the_items_that_edits_bring_in_are_named_once() -> None:
    assert items_needed([Add("d"), DropItem("a"), SetCandidate("c"), Add("d", 3)]) == ("d", "c")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Drop(Line("a", 1, 3)), r'holds 2 behaviors with item "a" at 1970-01-01T00:00:01Z, number 3 is edited'),
        (DropItem("d"), 'holds 0 behaviors with item "d"; drop one that it holds'),
        (Add("d", AS_OF), "at 1970-01-01T00:01:40Z would not be earlier than 1970-01-01T00:01:40Z"),
        (Move(Line("c", 5), "after", Line("c", 5)), 'item "c" cannot stand after itself'),
        (Move(Line("c", 5), "after", Line("c", 6)), 'holds 0 behaviors with item "c" at'),
        (Repeat(Line("c", 5), 1), "cannot stand 1 times; give 2 to 100"),
        (Repeat(Line("c", 5), 101), "cannot stand 101 times; give 2 to 100"),
        (SetProfile("height", ("2 m",)), 'no profile field "height"; known are age, likes'),
        (SetContext("weather", "rain"), 'no context field "weather"; known are store'),
    ],
)
def test_an_edit_that_does_not_fit_says_what_and_what_to_do(edit, words: str) -> None:
    with pytest.raises(EditError, match=words):
        after(State(ABA, ITEMS["a"], {"store": None}), edit, ITEMS)


@pytest.mark.parametrize("edit", [Add("z"), SetCandidate("z")])
def test_an_item_that_is_not_at_hand_is_named(edit) -> None:
    with pytest.raises(UnknownItem, match='no item "z" at hand'):
        after(State(ABA, ITEMS["a"], {}), edit, ITEMS)
