"""A set of users is in the link and comes back; what cannot be a set is a sentence."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.sharing.user_set import LONGEST_NAME, LONGEST_SET, MOST_USERS, UserSet, fault_of, read_set, write_set
from tests.sharing.strategies import text

names = st.text(min_size=1, max_size=LONGEST_NAME).filter(lambda name: name.strip() != "")


@given(names, st.lists(text, min_size=1, max_size=20, unique=True))
def test_a_link_gives_back_the_set(name: str, users: list[str]) -> None:
    own = UserSet(name, tuple(users))
    raw = parse_qs(urlencode({"set": write_set(own)}), keep_blank_values=True)
    assert read_set(raw) == (own, ())


def test_a_link_without_a_set_says_none() -> None:
    assert read_set({}) == read_set({"set": []}) == (None, ())


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (UserSet("", ("7",)), "this one has 0"),
        (UserSet("  ", ("7",)), "this one has 0"),
        (UserSet("x" * 61, ("7",)), "this one has 61"),
        (UserSet("North", ()), "would hold 0"),
        (UserSet("North", tuple(map(str, range(MOST_USERS + 1)))), f"would hold {MOST_USERS + 1}"),
        (UserSet("North", tuple(f"{n:099}" for n in range(200))), f"the limit is {LONGEST_SET}"),
    ],
)
def test_what_cannot_be_a_set_is_a_sentence_also_in_a_link(own: UserSet, words: str) -> None:
    problem = fault_of(own)
    assert problem is not None and words in problem and problem.endswith(".")
    assert read_set({"set": [write_set(own)]}) == (None, (problem,))


@given(st.text(max_size=40))
def test_no_text_makes_the_reader_raise(raw: str) -> None:
    found, problems = read_set({"set": [raw]})
    assert (found is None) == bool(problems)
