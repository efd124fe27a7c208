"""What is asked of a scenario stands in the address with it, and is gone with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import Scenario
from din_core.pages.places.places import INSPECT, SCENARIOS
from din_core.pages.session import address, visitor
from din_core.sharing import encode
from din_core.sharing.page_choices import InspectChoice
from tests.small_world import MONDAY

Visit = Callable[..., AppTest]
SHOWN = Scenario("7", MONDAY, ("n1",), ("din",), {})
OTHER = replace(SHOWN, candidate_ids=("m1",))


def asked_of(scenario: Scenario | None) -> visitor.Session:
    own = visitor.Session(scenario=scenario, language="en", page_choices={InspectChoice: InspectChoice(across=30)})
    own.address.page = INSPECT.path
    return own


def text(page: AppTest) -> str:
    return "\n".join(part.value for part in (*page.markdown, *page.caption)).replace("\\", "")


def test_a_link_with_a_question_opens_on_its_answer(visit: Visit) -> None:
    page = visit(**{"user": "8", "item": "m1", "flip.across": "1", "flip.nearest": "yes"})
    assert not page.exception
    assert page.slider[0].value == 1
    assert "No removal takes it across 1 %: every set was tried." in text(page)
    assert "No other households were shown this item, or one of its kind, with that outcome." in text(page)
    assert page.query_params["flip.across"] == "1"


def test_without_a_question_nothing_is_asked_or_answered(visit: Visit) -> None:
    page = visit(user="8", item="m1")
    assert not page.slider and not [name for name in page.query_params if name.startswith("flip.")]


@pytest.mark.parametrize("value", ["0", "100", "1.5", "-3", "²"])
def test_a_chance_that_nothing_can_cross_is_left_out_with_a_sentence(visit: Visit, value: str) -> None:
    page = visit(**{"user": "8", "item": "m1", "flip.across": value})
    assert not page.exception and not page.slider
    said = text(page) + "\n".join(part.value for part in page.warning)
    assert "is not a whole number from 1 to 99" in said.replace("\\", "")


def test_another_scenario_is_asked_nothing() -> None:
    with visitor.in_session(asked_of(SHOWN)):
        assert address.query()["flip.across"] == "30"
        assert "flip.across" not in address.query(scenario=OTHER), "links to another scenario"
        assert "flip.across" not in address.query(SCENARIOS.path), "links to another page"
        address.set_scenario(replace(SHOWN))
        assert address.query()["flip.across"] == "30"
        address.set_scenario(OTHER)
        assert "flip.across" not in address.query()
        address.set_scenario(SHOWN)
        assert "flip.across" not in address.query()


def test_an_address_that_asks_nothing_takes_the_question_back() -> None:
    with visitor.in_session(asked_of(SHOWN)):
        address.take_page_choices(parse_qs(urlencode(encode(SHOWN), doseq=True)))
        assert address.page_choice(InspectChoice) == InspectChoice()


def test_what_is_asked_is_told_beside_what_it_is_asked_of() -> None:
    with visitor.in_session(asked_of(SHOWN)):
        told = address.questions_on_screen()
        assert told is not None and told["query"] == "flip.across=30"
        of = parse_qs(told["of"])
        assert of["user"] == ["7"] and of["item"] == ["n1"] and "sort" not in of
        visitor.session().page_choices.clear()
        assert address.questions_on_screen() is None
