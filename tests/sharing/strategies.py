"""Scenarios and edits of every kind, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from din_core.domain import (
    Add,
    Drop,
    DropItem,
    Line,
    Move,
    Repeat,
    Scenario,
    SetCandidate,
    SetContext,
    SetProfile,
    SetType,
    Truncate,
)

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.integers(-62135596800, 253402300799)
lines = st.builds(Line, text, times, st.integers(1, 999))
edits = st.one_of(
    st.builds(Drop, lines),
    st.builds(DropItem, text),
    st.builds(Add, text, st.none() | times),
    st.builds(Move, lines, st.sampled_from(["before", "after"]), lines),
    st.builds(Truncate, st.sampled_from(["before", "from"]), times),
    st.builds(Repeat, lines, st.integers(2, 100)),
    st.builds(SetType, lines, st.none() | text),
    st.builds(SetProfile, text, st.lists(text, max_size=3).map(tuple)),
    st.builds(SetContext, text, st.none() | text),
    st.builds(SetCandidate, text),
)


EXAMPLE = Scenario("1234", 1511136000, ("82-b",), ("din@3fa9", "base@77c0"), {"store": "367", "mailer": None})
