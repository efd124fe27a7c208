"""A link carries the whole scenario, and a bad link is a sentence, never a traceback."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain import Add, Candidate, Drop, DropItem, Line, LinkError, Scenario
from din_core.sharing import Link, View, encode, parse, query_string
from din_core.sharing.links import (
    FOLDS,
    LANGUAGES,
    MAX_CANDIDATES,
    METHODS,
    METRICS,
    PARTS,
    SCALES,
    SORT_COLUMNS,
    TOPS,
)
from din_core.sharing.values import MAX_LENGTH
from tests.sharing.strategies import EXAMPLE, edits, text, times

YEAR_1, YEAR_9999 = -62135596800, 253402300799
scenarios = st.builds(
    Scenario,
    user_id=text,
    as_of=times,
    candidate_ids=st.lists(text, min_size=1, max_size=MAX_CANDIDATES).map(tuple),
    nths=st.lists(st.sampled_from([1, 2, 999_999]), max_size=MAX_CANDIDATES).map(tuple),
    checkpoints=st.lists(text, min_size=1, max_size=3).map(tuple),
    context=st.dictionaries(text, st.none() | text, max_size=4),
    edits=st.lists(edits, max_size=5).map(tuple),
).flatmap(lambda s: st.integers(0, len(s.edits)).map(lambda at: replace(s, reference=at)))
views = st.builds(
    View,
    sort=st.sampled_from([sign + name for name in SORT_COLUMNS for sign in ("", "-")]),
    method=st.sampled_from(METHODS),
    scale=st.sampled_from(SCALES),
    metric=st.sampled_from(METRICS),
    fold=st.sampled_from(FOLDS),
    top=st.sampled_from(TOPS),
    type=st.none() | text,
    behavior=st.none() | text,
    only=st.lists(text, max_size=3, unique=True).map(tuple),
    why=st.sampled_from((None, *PARTS)),
    lang=st.sampled_from((None, *LANGUAGES)),
    part=st.none() | st.tuples(times, times).map(lambda pair: (min(pair), max(pair))),
)


@given(scenarios, views)
def test_a_link_gives_back_the_scenario_and_the_view(scenario: Scenario, view: View) -> None:
    link, problems = parse(encode(scenario, view))
    assert (link.scenario, link.view, problems) == (scenario, view, ())


@given(scenarios, views)
def test_a_link_survives_the_address_bar(scenario: Scenario, view: View) -> None:
    raw = parse_qs(query_string(scenario, view), keep_blank_values=True)
    link, problems = parse(raw)
    assert (link.scenario, link.view, problems) == (scenario, view, ())


@given(
    st.dictionaries(
        st.sampled_from(
            ["v", "user", "item", "at", "models", "ctx.a", "ctx.", "edits", "pin", "nth", "sort", "part", "x"]
        ),
        st.text(max_size=20)
        | st.sampled_from(["drop-item,a;add,b,1", "repeat,x,a,2017-11-20", "2", "9", "2017~2018-01-01", "~"])
        | st.lists(st.text(max_size=20), max_size=3),
    )
)
def test_no_link_makes_the_reader_raise(raw: dict[str, str | list[str]]) -> None:
    link, problems = parse(raw)
    assert isinstance(link, Link)
    assert all(problem.endswith(".") for problem in problems)


def test_a_link_writes_every_choice_out() -> None:
    assert encode(EXAMPLE) == {
        "v": "1",
        "user": "1234",
        "item": "82-b",
        "at": "2017-11-20T00:00:00Z",
        "models": "din@3fa9,base@77c0",
        "ctx.mailer": "",
        "ctx.store": "367",
        "sort": "-weight",
        "method": "weight",
        "scale": "each",
        "metric": "gauc",
        "fold": "behavior",
        "top": "all",
    }


def test_a_marked_part_of_the_time_is_written_where_there_is_one() -> None:
    written = encode(EXAMPLE, View(part=(1508716800, 1511049600)))
    assert written.pop("part") == "2017-10-23T00:00:00Z~2017-11-19T00:00:00Z"
    assert written == encode(EXAMPLE)


def test_a_behavior_that_is_singled_out_is_written_where_there_is_one() -> None:
    written = encode(EXAMPLE, View(behavior="82-b"))
    assert written.pop("behavior") == "82-b"
    assert written == encode(EXAMPLE)


def test_edits_and_the_pinned_state_are_written_where_there_are_some() -> None:
    edited = replace(EXAMPLE, edits=(Drop(Line("82-b", 1511049600)), DropItem("7,8;9"), Add("77")), reference=2)
    written = dict.fromkeys(encode(edited)) | encode(edited)
    assert (written.pop("edits"), written.pop("pin")) == (
        "drop,82-b,2017-11-19T00:00:00Z;drop-item,7%2C8%3B9;add,77",
        "2",
    )
    assert written == encode(EXAMPLE)


def test_a_number_of_an_impression_is_written_where_it_is_not_the_first() -> None:
    both = EXAMPLE.with_candidates([Candidate("82-b"), Candidate("82-b", 2), Candidate("77")], EXAMPLE.context)
    written = encode(both)
    assert (written["item"], written["nth"]) == (["82-b", "82-b", "77"], "1,2")
    assert encode(EXAMPLE.with_candidates([Candidate("82-b", 1)], EXAMPLE.context)) == encode(EXAMPLE)


def test_a_scenario_whose_candidates_are_all_the_first_is_the_same_without_numbers() -> None:
    assert replace(EXAMPLE, nths=(1,)) == replace(EXAMPLE, nths=(1, 1, 2)) == EXAMPLE
    assert EXAMPLE.candidates == (Candidate("82-b", 1),)


def test_numbers_of_candidates_that_cannot_be_read_are_left_out() -> None:
    link, problems = parse({"item": ["a", "x" * (MAX_LENGTH + 1), "b"], "nth": "1,2,3"})
    assert (link.candidates, len(problems)) == ((Candidate("a"), Candidate("b")), 1)


def test_an_empty_link_leaves_every_choice_open() -> None:
    link, problems = parse({})
    assert (link, link.scenario, problems) == (Link(), None, ())


def test_a_link_from_before_there_were_effects_opens_on_weights() -> None:
    old = {name: value for name, value in encode(EXAMPLE).items() if name != "method"}
    link, problems = parse(old)
    assert (link.scenario, link.view.method, problems) == (EXAMPLE, "weight", ())


def test_names_of_others_are_ignored() -> None:
    assert parse({"utm_source": "mail", "embed": "true"}) == (Link(), ())


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        ("2017-11-20", 1511136000),
        ("2017-11-20T01:00:00+01:00", 1511136000),
        ("2017-11-20T00:00:00.9Z", 1511136000),
        ("1969-12-31T23:59:59.5Z", -1),
    ],
)
def test_a_time_is_rounded_down_to_seconds_of_utc(at: str, seconds: int) -> None:
    assert parse({"at": at})[0].as_of == seconds


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"at": "2017-13-01"}, "“2017-13-01” is not a date"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "is not a date"),
        ({"v": "7"}, "version “7”, but this DIN Lens reads version 1"),
        ({"user": ["a", "b"]}, "names 2 values for user; the first is used"),
        ({"user": "x" * (MAX_LENGTH + 1)}, f"501 characters, the limit is {MAX_LENGTH}"),
        ({"item": [str(i) for i in range(21)]}, "names 21 candidates; the first 20 are used"),
        ({"sort": "-importance"}, "sorts by “-importance”; known are title"),
        ({"method": "importance"}, "method “importance” is unknown; known are weight, effect"),
        ({"scale": "log"}, "scale “log” is unknown; known are each, shared"),
        ({"edits": "add,a;paint,a"}, "edit “paint,a” is left out: there is no edit “paint”; known are drop, drop-item"),
        ({"edits": ";".join(["add,a"] * 51)}, "names 51 edits; the first 50 are used"),
        ({"edits": "add,a", "pin": "2"}, "pins the state after edit “2”, which is not here; the first one is pinned"),
        ({"fold": "shop"}, "fold “shop” is unknown; known are behavior, item, category"),
        ({"top": "3"}, "top “3” is unknown; known are all, 10"),
        ({"part": "2017-11-20"}, "marks a part of the time, but the time “” is not a date"),
        ({"part": "2017-11-20~2017-11-19"}, "that ends before it begins, “2017-11-20~2017-11-19”; none is marked"),
        ({"item": "a", "nth": "0"}, "number of an impression “0” is not 1 to 999999; the first of each candidate"),
        ({"item": ["a", "b"], "nth": "1,second"}, "number of an impression “1,second” is not 1 to 999999"),
        ({"metric": "f1"}, "metric “f1” is unknown; known are auc, gauc"),
    ],
)
def test_what_cannot_be_read_is_named(raw: dict[str, str | list[str]], sentence: str) -> None:
    _, problems = parse(raw)
    assert sentence in problems[0]


def test_a_pinned_state_is_let_go_where_an_edit_before_it_may_be_missing() -> None:
    link, problems = parse({"edits": "add,a;paint,a;add,b", "pin": "2"})
    assert (link.edits, link.reference, len(problems)) == ((Add("a"), Add("b")), 0, 2)


def test_more_edits_than_a_link_carries_are_refused() -> None:
    with pytest.raises(LinkError, match="there are 51 edits, a link carries 50; undo some"):
        encode(replace(EXAMPLE, edits=(Add("a"),) * 51))


def test_a_newer_link_is_not_half_read() -> None:
    link, _ = parse({"v": "2", "user": "1234"})
    assert link == Link()


@pytest.mark.parametrize("as_of", [YEAR_1 - 1, YEAR_9999 + 1, 10**18])
def test_a_time_that_no_date_can_hold_is_refused(as_of: int) -> None:
    with pytest.raises(LinkError, match="outside the years 1 to 9999"):
        encode(Scenario("u", as_of, ("i",), ("din",)))


@pytest.mark.parametrize("user_id", ["", "x" * (MAX_LENGTH + 1)])
def test_an_id_that_no_link_gives_back_is_refused(user_id: str) -> None:
    with pytest.raises(LinkError, match="each of 1 to 500 characters"):
        encode(Scenario(user_id, 0, ("i",), ("din",)))
