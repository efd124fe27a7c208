"""What *Go to* finds for a text, and where each row leads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from streamlit.testing.v1 import AppTest

from din_core.pages.places.places import MODES
from din_core.pages.quick_open.quick_open import NAME, AskedText

Visit = Callable[..., AppTest]


def told(page: AppTest) -> dict[str, Any]:
    (one,) = (e.proto for e in page.get("bidi_component") if e.proto.component_name == NAME)
    data: dict[str, Any] = json.loads(one.bytes)
    return data


def found(page: AppTest, text: str) -> list[dict[str, str]]:
    page.session_state["din_lens"].of(AskedText).text = text
    options: list[dict[str, str]] = told(page.run())["found"]
    return options


def query(option: dict[str, str]) -> dict[str, list[str]]:
    return parse_qs(urlsplit(option["href"]).query)


def test_nothing_is_looked_up_before_it_is_asked_and_an_answer_is_given_once(visit: Visit) -> None:
    page = visit()
    assert told(page)["found"] is None
    assert found(page, "cheddar")
    assert told(page.run())["found"] is None


def test_without_a_text_every_page_and_model_is_listed(visit: Visit) -> None:
    page = visit()
    listed = found(page, "")
    assert [one["label"] for one in listed[: len(MODES)]] == [mode.title for mode in MODES]
    models = listed[len(MODES) :]
    assert {one["kind"] for one in models} == {"Model"} and len(models) > 1
    (base,) = (query(one)["models"] for one in models if one["label"] == "Average pooling")
    assert [link.split("@")[0] for link in base[0].split(",")] == ["base", "din"]


def test_all_words_count_wherever_they_stand(visit: Visit) -> None:
    assert [one["label"] for one in found(visit(), "explain WHAT")] == ["What if"]


def test_an_item_becomes_the_candidate_and_a_user_is_shown_at_their_newest_impression(visit: Visit) -> None:
    page = visit(user="7")
    (item,) = (one for one in found(page, "cheddar") if one["kind"] == "Item")
    assert (query(item)["user"], query(item)["item"]) == (["7"], ["c1"])
    (user,) = (one for one in found(page, "8") if one["kind"] == "Household")
    assert query(user)["user"] == ["8"] and not {"at", "item"} & set(query(user))


def test_nothing_is_found_for_what_is_nowhere(visit: Visit) -> None:
    assert found(visit(), "xylophone") == []
