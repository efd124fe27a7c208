"""A link remembers which history its sender saw; who opens it is told where that is another one now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from din_core.domain import Behavior, History, Item, State, Truncate, User
from din_core.domain.edits import fitting
from din_core.sharing import parse
from din_core.sharing.history_mark import HISTORY, HistoryMark, back_to, change_since, mark_of, read_mark

AS_OF = 1_000
WEEKS = tuple(Behavior(Item(item), at, kind) for item, at, kind in [("a", 1, None), ("b", 2, "buy"), ("a", 5, "view")])
LATER, EARLIER = Behavior(Item("c"), 9), Behavior(Item("c"), 0)


def history(*behaviors: Behavior) -> History:
    return History(User("u"), AS_OF, behaviors)


SENT = mark_of(WEEKS)


def test_a_mark_is_short_and_read_as_it_was_written() -> None:
    problems: list[str] = []
    assert read_mark(str(SENT), problems) == SENT and problems == []
    assert len(str(SENT)) == 10 and SENT.count == 3
    assert str(mark_of(())).startswith("0-")


@pytest.mark.parametrize("text", ["", "3", "3-", "03-12345678", "3-1234567", "3-1234567G", "-1-12345678", "٣-12345678"])
def test_what_is_no_mark_is_a_sentence(text: str) -> None:
    problems: list[str] = []
    assert read_mark(text, problems) is None
    assert "cannot be read, so whether it has changed is not known" in problems[0]


def test_a_link_without_a_mark_is_read_as_ever() -> None:
    assert parse({"user": "u"})[0].history is None and parse({"user": "u"})[1] == ()
    assert parse({HISTORY: str(SENT)})[0].history == SENT


@pytest.mark.parametrize(
    "other",
    [replace(WEEKS[0], timestamp=2), replace(WEEKS[0], item=Item("z")), replace(WEEKS[0], behavior_type="buy")],
    ids=["time", "item", "type"],
)
def test_as_many_behaviors_are_another_history_where_one_is_another(other: Behavior) -> None:
    assert change_since(SENT, history(*WEEKS)) is None
    assert change_since(SENT, history(other, *WEEKS[1:])) == (
        "The history holds other behaviors than when this link was made, still 3 of them, so the numbers may differ "
        "from those that were sent."
    )


def test_more_or_fewer_behaviors_are_counted() -> None:
    more, fewer = (change_since(SENT, history(*rows)) for rows in ((*WEEKS, LATER), WEEKS[:1]))
    assert more is not None and more.startswith("When this link was made the history held 3 behaviors, here it holds 4")
    assert fewer is not None and "held 3 behaviors, here it holds 1" in fewer


@pytest.mark.parametrize(
    ("now", "edit"),
    [((*WEEKS, LATER), Truncate("before", 9)), ((EARLIER, *WEEKS), Truncate("from", 1))],
    ids=["newer", "older"],
)
def test_where_only_newer_or_older_behaviors_came_an_edit_leads_back(now: tuple[Behavior, ...], edit: Truncate) -> None:
    start = State(history(*now), Item("c"), {})
    assert back_to(SENT, start.history) == edit
    assert fitting(start, [edit], {})[0] == (edit,)


@pytest.mark.parametrize(
    "now",
    [
        WEEKS,
        WEEKS[:2],
        (EARLIER, *WEEKS, LATER),
        (*WEEKS[:2], replace(LATER, timestamp=4), WEEKS[2]),
        (*WEEKS, replace(LATER, timestamp=5)),
    ],
    ids=["same", "fewer", "on both sides", "between", "at one time"],
)
def test_elsewhere_no_edit_does(now: tuple[Behavior, ...]) -> None:
    assert back_to(SENT, history(*now)) is None
    assert back_to(HistoryMark(0, "00000000"), history(*now)) is None
