"""What a link leaves open is filled in from the store; what does not exist is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from din_core.domain import Add, Candidate, CheckpointError, DropItem, Scenario, SetCandidate, SetContext, UnknownUser
from din_core.sharing import Link, Setting, encode, find_checkpoints, find_opening, parse, resolve
from din_core.store import BehaviorStore
from tests.small_world import BEFORE, MONDAY, small_store
from tests.twice_shown import show_twice

MODELS = ("din@aaa", "base@bbb")
OPENING = Scenario(
    "7",
    MONDAY,
    ("b2",),
    MODELS,
    {"store": "Store 367", "mailer": "Front page feature", "display": "Rear end cap"},
)
SETTING = Setting({"din": "aaa", "base": "bbb"}, ("store", "mailer", "display"), MONDAY - 1, OPENING)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    with small_store(tmp_path_factory.mktemp("world")) as opened:
        yield opened


def test_an_empty_link_opens_on_the_example(store: BehaviorStore) -> None:
    found = resolve(Link(), store, SETTING)
    assert (found.scenario, found.problems) == (OPENING, ())


def test_the_example_is_the_first_user_who_got_a_test_positive(store: BehaviorStore) -> None:
    assert find_opening(store, MODELS) == OPENING


def test_a_stored_example_wins(store: BehaviorStore) -> None:
    stored = {"user_id": "8", "item_id": "m1", "as_of": BEFORE}
    found = find_opening(store, MODELS, stored)
    assert found is not None
    assert (found.user_id, found.candidate_ids, found.context["store"]) == ("8", ("m1",), "Store 292")


def test_a_stored_example_of_another_store_is_refused(store: BehaviorStore) -> None:
    with pytest.raises(UnknownUser):
        find_opening(store, MODELS, {"user_id": "nobody", "item_id": "m1", "as_of": 0})


def test_a_complete_link_is_taken_as_it_is(store: BehaviorStore) -> None:
    scenario = Scenario(
        "8", 1500000000, ("b1",), MODELS[:1], {"store": "Store 1", "mailer": None, "display": "Store rear"}
    )
    link, _ = parse(encode(scenario))
    assert resolve(link, store, SETTING).scenario == scenario


def test_a_user_alone_gets_the_newest_impression_positives_first(store: BehaviorStore) -> None:
    found = resolve(Link(user_id="7"), store, SETTING).scenario
    assert found is not None
    assert (found.as_of, found.candidate_ids, found.context["mailer"]) == (
        MONDAY,
        ("b2",),
        "Front page feature",
    )


def test_an_item_alone_gets_the_newest_impression_of_it(store: BehaviorStore) -> None:
    found = resolve(Link(candidate_ids=("c1",)), store, SETTING).scenario
    assert found is not None
    assert (found.user_id, found.as_of, found.context["store"]) == ("7", BEFORE, "Store 292")


def test_an_item_never_shown_takes_the_context_of_its_time(store: BehaviorStore) -> None:
    found = resolve(Link(user_id="7", candidate_ids=("m1",)), store, SETTING).scenario
    assert found is not None
    assert (found.as_of, found.context["store"]) == (MONDAY, "Store 367")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehaviorStore]:
    folder = tmp_path_factory.mktemp("twice")
    with small_store(folder) as opened:
        show_twice(opened.engine, folder / "again")
        yield opened


@pytest.mark.parametrize(
    ("link", "candidate", "mailer"),
    [
        (Link(user_id="7", as_of=MONDAY, candidate_ids=("m2",)), Candidate("m2"), "Interior page feature"),
        (Link(user_id="7", candidate_ids=("m2",)), Candidate("m2"), "Interior page feature"),
        (Link(user_id="7", as_of=MONDAY, candidate_ids=("m2",), nths=(2,)), Candidate("m2", 2), "Front page feature"),
        (Link(user_id="7", candidate_ids=("m2",), nths=(2,)), Candidate("m2", 2), "Front page feature"),
    ],
)
def test_a_link_names_one_of_several_impressions_the_first_where_it_does_not_say(
    twice: BehaviorStore, link: Link, candidate: Candidate, mailer: str
) -> None:
    found = resolve(link, twice, SETTING)
    assert found.scenario is not None
    assert (found.scenario.as_of, found.scenario.candidates, found.problems) == (MONDAY, (candidate,), ())
    assert found.scenario.context["mailer"] == mailer


def test_a_number_that_no_impression_has_is_told_and_the_first_is_meant(twice: BehaviorStore) -> None:
    found = resolve(Link(user_id="7", as_of=MONDAY, candidate_ids=("m2", "b2"), nths=(3, 2)), twice, SETTING)
    assert found.scenario is not None
    assert found.scenario.candidates == (Candidate("m2"), Candidate("b2"))
    assert [problem.split(", but ")[1] for problem in found.problems] == [
        "the store holds 2 of it then; the first is meant.",
        "the store holds 1 of it then; the first is meant.",
    ]


def test_a_number_that_no_impression_has_does_not_lead_to_another_time(twice: BehaviorStore) -> None:
    found = resolve(Link(user_id="7", candidate_ids=("c1",), nths=(2,)), twice, SETTING)
    assert found.scenario is not None
    assert (found.scenario.as_of, found.scenario.candidates, len(found.problems)) == (BEFORE, (Candidate("c1"),), 1)


def test_a_user_without_impressions_gets_the_time_after_the_last_behavior(store: BehaviorStore) -> None:
    found = resolve(Link(user_id="9"), store, SETTING).scenario
    assert found is not None
    assert (found.as_of, found.candidate_ids) == (MONDAY, ("b2",))
    assert found.context == {"store": None, "mailer": None, "display": None}


def test_without_any_example_a_user_without_impressions_asks_for_a_candidate(store: BehaviorStore) -> None:
    found = resolve(Link(user_id="9"), store, replace(SETTING, opening=None))
    assert (found.scenario, found.problems) == (None, ("User 9 has no impression; search for a candidate.",))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Link(user_id="nobody"), 'No user "nobody" in the store'),
        (Link(user_id="7", candidate_ids=("m1", "nothing")), 'No item "nothing" in the store'),
    ],
)
def test_what_does_not_exist_gives_no_scenario_and_a_sentence(store: BehaviorStore, link: Link, words: str) -> None:
    found = resolve(link, store, SETTING)
    assert found.scenario is None
    assert words in found.problems[0] and found.problems[0].endswith(".")


@pytest.mark.parametrize(
    ("wanted", "models", "words"),
    [
        (("base",), ("base@bbb",), None),
        (("aaa",), ("din@aaa",), None),
        (("old@bbb",), ("base@bbb",), None),
        (("din@old",), ("din@aaa",), "made with version “old” of the model din; here is version aaa"),
        (("dien@x",), MODELS, "no model “dien@x” here; at hand are din, base"),
        (("din@aaa", "din"), ("din@aaa",), None),
    ],
)
def test_checkpoints_are_found_by_folder_or_fingerprint(
    store: BehaviorStore, wanted: tuple[str, ...], models: tuple[str, ...], words: str | None
) -> None:
    found = resolve(Link(checkpoints=wanted), store, SETTING)
    assert found.scenario is not None
    assert found.scenario.checkpoints == models
    assert (words is None) == (not found.problems)
    assert words is None or words in found.problems[0]


FAMILY = {"din": "aaa", "base": "bbb", "base-sum": "ccc", "dien": "ddd"}


def test_a_link_that_names_no_model_opens_on_a_pair(store: BehaviorStore) -> None:
    setting = Setting(FAMILY, ("store", "mailer", "display"), MONDAY, OPENING)
    found = resolve(Link(), store, setting)
    assert found.scenario is not None
    assert (found.scenario.checkpoints, setting.models, found.problems) == (MODELS, MODELS, ())


@pytest.mark.parametrize(
    ("wanted", "names", "problems"),
    [
        (("dien", "base-sum"), ("dien", "base-sum"), ()),
        (("ccc", "dien", "din"), ("base-sum", "dien"), ("The link names 3 models; the first 2 are shown, the limit.",)),
        (("dien", "ddd", "base"), ("dien", "base"), ()),
    ],
)
def test_any_two_models_can_be_named_and_their_order_counts(
    wanted: tuple[str, ...], names: tuple[str, ...], problems: tuple[str, ...]
) -> None:
    assert find_checkpoints(wanted, FAMILY) == (names, problems)


def test_a_context_field_the_store_does_not_have_is_left_out(store: BehaviorStore) -> None:
    found = resolve(Link(user_id="7", context={"weather": "rain", "store": "S"}), store, SETTING)
    assert found.scenario is not None
    assert found.scenario.context == {"store": "S", "mailer": None, "display": None}
    assert "no context field “weather”" in found.problems[0]


def test_without_checkpoints_nothing_can_be_shown(store: BehaviorStore) -> None:
    with pytest.raises(CheckpointError, match="0 checkpoints"):
        resolve(Link(), store, Setting({}, (), None))


def test_edits_that_fit_are_kept_and_the_others_are_named(store: BehaviorStore) -> None:
    edits = (DropItem("n1"), DropItem("n1"), Add("nothing"), SetContext("weather", "rain"), SetCandidate("m2"))
    found = resolve(Link(user_id="7", edits=edits, reference=4), store, SETTING)
    assert found.scenario is not None
    assert (found.scenario.edits, found.scenario.reference) == ((DropItem("n1"), SetCandidate("m2")), 1)
    assert [problem.split(": ")[0] for problem in found.problems] == [
        "The edit “drop-item,n1” is left out",
        "The edit “add,nothing” is left out",
        "The edit “context,weather,rain” is left out",
    ]
    assert 'holds 0 behaviors with item "n1"' in found.problems[0]


def test_the_example_takes_edits_too(store: BehaviorStore) -> None:
    found = resolve(Link(edits=(Add("m1"),)), store, SETTING)
    assert found.scenario == replace(OPENING, edits=(Add("m1"),))
