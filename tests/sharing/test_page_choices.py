"""What pages show beside the scenario is in the link and comes back; what cannot be read is a sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.domain.cohort import KINDS, LENGTHS
from din_core.sharing import encode
from din_core.sharing.links import View
from din_core.sharing.page_choices import (
    CODECS,
    MOST_STEPS,
    CasesChoice,
    CohortChoice,
    CompareChoice,
    DataChoice,
    InspectChoice,
    LeaderboardChoice,
    RankChoice,
    SpaceChoice,
    TourChoice,
    read,
    write,
)
from din_core.sharing.table_choice import TableChoice
from din_core.sharing.values import MAX_LENGTH
from tests.sharing.strategies import EXAMPLE, text, times

pairs = st.none() | st.tuples(text, text)
tables = st.dictionaries(
    text,
    st.builds(TableChoice, st.none() | text, text, st.lists(text).map(tuple), st.none() | st.integers(1, 2000)),
    max_size=3,
).map(lambda named: tuple(named.items()))
choices = st.one_of(
    st.builds(RankChoice, category=st.none() | text, by=st.sampled_from([0, 1])),
    st.builds(
        SpaceChoice,
        map=st.sampled_from(["plane", "near"]),
        colour=st.sampled_from(["category", "score"]),
        embedding=st.sampled_from(["all", "own"]),
        item=st.none() | text,
    ),
    st.builds(
        CasesChoice,
        kind=st.sampled_from(KINDS),
        profile=pairs,
        category=st.none() | text,
        week=st.none() | times,
        outcome=st.none() | st.booleans(),
    ),
    st.builds(
        CohortChoice,
        profile=pairs,
        category=st.none() | text,
        week=st.none() | times,
        length=st.none() | st.sampled_from(range(len(LENGTHS))),
        tables=tables,
    ),
    st.builds(
        InspectChoice, across=st.none() | st.integers(1, 99), nearest=st.sampled_from([None, True]), tables=tables
    ),
    st.builds(DataChoice, tables=tables),
    st.builds(TourChoice, step=st.integers(0, MOST_STEPS - 1)),
)


@given(choices)
def test_a_choice_survives_the_address_bar(choice: Any) -> None:
    raw = parse_qs(urlencode(write(choice), doseq=True), keep_blank_values=True)
    found, problems = read(type(choice), raw)
    assert (found or type(choice)(), problems) == (choice, ())


@given(
    st.sampled_from(list(CODECS)),
    st.dictionaries(
        st.sampled_from([codec.prefix + name for codec in CODECS.values() for name in codec.values]),
        st.lists(st.text(max_size=20) | st.sampled_from(["x" * 501, "near", "gap", "a,b", "2017-11-20"]), max_size=3),
    ),
)
def test_no_address_makes_the_reader_raise(kind: type[Any], raw: dict[str, list[str]]) -> None:
    found, problems = read(kind, raw)
    assert found is None or isinstance(found, kind)
    assert all(problem.endswith(".") for problem in problems)


def test_no_page_uses_the_name_of_another_or_of_the_scenario() -> None:
    names = [*encode(EXAMPLE, View(part=(0, 1), type="buy", behavior="82-b")), "edits", "pin"]
    names += [codec.prefix + name for codec in CODECS.values() for name in codec.values]
    assert len(names) == len(set(names))


def test_defaults_are_written_out_and_what_is_not_chosen_is_not() -> None:
    assert write(RankChoice()) == {"rank.by": "first"}
    assert write(SpaceChoice()) == {"items.map": "plane", "items.colour": "category", "items.embedding": "all"}
    assert write(CasesChoice()) == {"cases.kind": "main-right"}
    assert write(CohortChoice()) == {}
    assert write(TourChoice()) == {"tour.step": "1"}


def test_a_slice_is_written_so_that_people_can_read_it() -> None:
    chosen = CohortChoice(("age", "45-54"), "Dairy", 1511136000, 2)
    assert write(chosen) == {
        "cohorts.profile": "age,45-54",
        "cohorts.category": "Dairy",
        "cohorts.week": "2017-11-20T00:00:00Z",
        "cohorts.length": "from-31",
    }


def test_an_address_that_says_nothing_of_it_leaves_the_choice_alone() -> None:
    assert read(CasesChoice, {"user": ["7"], "cohorts.category": ["Dairy"], "cases.kind": []}) == (None, ())


@pytest.mark.parametrize(
    ("kind", "name", "value", "message"),
    [
        (RankChoice, "rank.by", "third", "The link's rank.by “third” is unknown; known are first, second."),
        (SpaceChoice, "items.map", "", "The link's items.map is left out: it has 0 characters, and 1 to 500 are read."),
        (SpaceChoice, "items.item", "x" * 501, "is left out: it has 501 characters, and 1 to 500 are read."),
        (
            CasesChoice,
            "cases.kind",
            "moody",
            "The link's cases.kind “moody” is unknown; known are main-right, base",
        ),
        (CasesChoice, "cases.outcome", "1", "The link's cases.outcome “1” is unknown; known are positive, negative."),
        (CohortChoice, "cohorts.profile", "age", "“age” is not a field and a value with a comma between."),
        (CohortChoice, "cohorts.week", "soon", "The link's cohorts.week is left out: the time “soon” is not a date"),
        (CohortChoice, "cohorts.length", "from-2", "“from-2” is unknown; known are from-0, from-11, from-31"),
        (CasesChoice, "cases.rows", "2001", "“2001” is not a number of rows from 1 to 2000."),
        (RankChoice, "rank.rows", "0", "“0” is not a number of rows from 1 to 2000."),
        (
            DataChoice,
            "data.table",
            "fields;colour,red",
            "a table has no setting “colour”; known are sort, find, columns",
        ),
        (DataChoice, "data.table", "fields;sort,a,b", "“sort,a,b” is no setting of a table such as sort,-rank."),
        (DataChoice, "data.table", ";sort,a", "“;sort,a” does not begin with a table's name."),
        (DataChoice, "data.table", "fields;rows,0", "“0” is not a number of rows from 1 to 2000."),
        (TourChoice, "tour.step", "0", "The link's tour.step “0” is unknown; known are 1, …, 99."),
    ],
)
def test_what_cannot_be_read_is_named_and_falls_back(kind: type[Any], name: str, value: str, message: str) -> None:
    found, (problem,) = read(kind, {name: [value]})
    assert found == kind()
    assert message in problem


def test_the_first_of_several_values_counts() -> None:
    found, problems = read(RankChoice, {"rank.by": ["second", "first"]})
    assert found == RankChoice(by=1)
    assert problems == ("The link names 2 values for rank.by; the first is used.",)


def test_how_a_table_is_read_comes_back_from_its_link() -> None:
    chosen = RankChoice(sort="-probability", find="2% milk, whole", columns=("rank", "item"), rows=120)
    raw = {name: [value] if isinstance(value, str) else value for name, value in write(chosen).items()}
    assert raw["rank.columns"] == ["rank", "item"]
    assert read(RankChoice, raw) == (chosen, ())


def test_several_tables_of_a_page_have_a_short_text_each_and_one_as_the_page_has_it_none() -> None:
    chosen = LeaderboardChoice().with_table("board", TableChoice(sort="-auc", find="a;b, c", columns=("model", "auc")))
    assert write(chosen) == {"leaderboard.table": ["board;sort,-auc;find,a%3Bb%2C c;columns,model,auc"]}
    assert write(chosen.with_table("board", TableChoice())) == {}


def test_a_link_to_compare_from_before_its_tables_had_a_state_is_read() -> None:
    found, problems = read(CompareChoice, {"by": ["models"], "columns": ["40"]})
    assert found == CompareChoice("models", columns=40) and not problems
    assert found.table("compare_ranking") == TableChoice()


@pytest.mark.parametrize("value", ["咖" * MAX_LENGTH, "," * MAX_LENGTH, "%2C" * 100])
def test_a_long_profile_value_is_read_as_it_was_written(value: str) -> None:
    choice = CohortChoice(profile=("age", value))
    assert read(CohortChoice, {name: [str(text)] for name, text in write(choice).items()}) == (choice, ())


def test_a_table_that_could_not_be_written_again_is_not_read() -> None:
    found, problems = read(DataChoice, {"data.table": ["rows;find," + "%" * 700]})
    assert found == DataChoice() and "it has 2110 characters, and 1 to 2000 are read" in problems[0]


def test_a_profile_value_beyond_the_limit_and_one_quoted_by_an_earlier_release_are_told_apart() -> None:
    _, problems = read(CohortChoice, {"cohorts.profile": ["age," + "x" * (MAX_LENGTH + 1)]})
    assert problems == ("The link's cohorts.profile is left out: it has 501 characters, and 1 to 500 are read.",)
    older = {"cohorts.profile": ["age," + "%E5%92%96" * 400]}
    assert read(CohortChoice, older) == (CohortChoice(profile=("age", "咖" * 400)), ())
