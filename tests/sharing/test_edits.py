"""Every edit is one readable text, and comes back from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import (
    Add,
    Drop,
    DropItem,
    Line,
    LinkError,
    Move,
    Repeat,
    SetCandidate,
    SetContext,
    SetProfile,
    SetType,
    Truncate,
)
from din_core.sharing.edits import MAX_EDITS, edit_parts, read_edit, read_edits, write_edits
from din_core.sharing.values import MAX_LENGTH
from tests.sharing.strategies import edits

MONDAY = 1511136000


@given(st.lists(edits, max_size=8))
def test_edits_come_back_from_their_text(some) -> None:
    problems: list[str] = []
    assert (read_edits(write_edits(some), problems), problems) == (tuple(some), [])


@given(edits)
def test_an_edit_comes_back_from_its_parts(edit) -> None:
    assert read_edit(edit_parts(edit)) == edit


@pytest.mark.parametrize(
    ("edit", "written"),
    [
        (Drop(Line("m1", MONDAY)), "drop,m1,2017-11-20T00:00:00Z"),
        (Drop(Line("m1", MONDAY, 2)), "drop,m1,2017-11-20T00:00:00Z,2"),
        (DropItem("m1"), "drop-item,m1"),
        (Add("m1"), "add,m1"),
        (Add("m1", MONDAY), "add,m1,2017-11-20T00:00:00Z"),
        (
            Move(Line("m1", MONDAY), "after", Line("b1", MONDAY, 2)),
            "move,m1,2017-11-20T00:00:00Z,1,after,b1,2017-11-20T00:00:00Z,2",
        ),
        (Truncate("from", MONDAY), "keep-from,2017-11-20T00:00:00Z"),
        (Repeat(Line("m1", MONDAY), 3), "repeat,3,m1,2017-11-20T00:00:00Z"),
        (SetType(Line("m1", MONDAY), "add to cart"), "type,m1,2017-11-20T00:00:00Z,1,add to cart"),
        (SetType(Line("m1", MONDAY, 2), None), "type,m1,2017-11-20T00:00:00Z,2"),
        (SetProfile("likes", ("tea", "cake, sweet")), "profile,likes,tea,cake%2C sweet"),
        (SetProfile("likes", ()), "profile,likes"),
        (SetContext("store", "Store 3"), "context,store,Store 3"),
        (SetContext("store", None), "context,store"),
        (SetCandidate("b2"), "candidate,b2"),
    ],
)
def test_an_edit_is_readable(edit, written: str) -> None:
    assert write_edits([edit]) == written


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "no edit “”; known are drop, drop-item, add"),
        (["drop", "m1"], "“drop” has 1 parts, it needs 2 to 3"),
        (["candidate", "a", "b"], "“candidate” has 2 parts, it needs 1"),
        (["drop-item", ""], f"1 to {MAX_LENGTH} characters"),
        (["drop-item", "x" * 501], f"1 to {MAX_LENGTH} characters"),
        (["add", "m1", "soon"], "“soon” is not a date such as"),
        (["repeat", "many", "m1", "2017-11-20"], "“many” is not a number"),
        (["drop", "m1", "2017-11-20", "0"], "“0” is not a number of 1"),
        (["move", "a", "2017-11-20", "1", "under", "b", "2017-11-20", "1"], "before or after another one, not “under”"),
    ],
)
def test_what_is_no_edit_says_why(parts: list[str], words: str) -> None:
    with pytest.raises(LinkError, match=words):
        read_edit(parts)


@pytest.mark.parametrize("edit", [Repeat(Line("a", 0), 0), Add(""), SetContext("store", ""), Add("a", 10**18)])
def test_what_no_text_gives_back_is_not_written(edit) -> None:
    with pytest.raises(LinkError):
        write_edits([edit])


def test_the_edits_of_a_text_are_counted() -> None:
    problems: list[str] = []
    assert len(read_edits(";".join(["add,a"] * (MAX_EDITS + 3)), problems)) == MAX_EDITS
    assert problems == ["The link names 53 edits; the first 50 are used, the limit."]
