"""What the what-if instrument is told when it asks by itself: the same as the page, and nothing without the key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from din_core.pages.browser.protocol import KEY, KEY_HEADER, LANGUAGE_HEADER
from din_core.pages.browser.route import MAX_BYTES
from din_core.pages.what_if.route import MOST_ACTIONS, answer
from tests.own_thread import in_own_thread
from tests.pages.conftest import World, go_to
from tests.pages.what_if.what_if_payload import DROP_MILK, DROP_NAILS, payload

Ask = Callable[..., Any]


@pytest.fixture
def start(visit: Callable[..., AppTest]) -> str:
    """The link of the opening example, as the page tells it."""
    link: str = payload(visit("whatif"))["head"]["link"]
    return link


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Do `actions` where `link` says; the status, what is told first, and the payload."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def asked(link: Any, *actions: Any, key: str = KEY, language: str = "en", body: bytes | None = None) -> Any:
        text = json.dumps({"link": link, "actions": actions}).encode() if body is None else body

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": text, "more_body": False}

        headers = [(KEY_HEADER.encode(), key.encode()), (LANGUAGE_HEADER.encode(), language.encode())]
        request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
        response = in_own_thread(asyncio.run, answer(request))
        if response.status_code != 200:
            return response.status_code, None, None
        return 200, *(json.loads(line) for line in bytes(response.body).decode().split("\n"))

    return asked


def test_an_edit_leads_where_its_link_leads_on_the_page(ask: Ask, start: str, visit: Callable[..., AppTest]) -> None:
    status, head, data = ask(start, DROP_NAILS, DROP_MILK, ["pin", 1])
    page = visit("whatif", user="7", edits="drop-item,n1;drop,m1,2017-11-13T01:00:00Z", pin="1")
    seen = payload(page)
    assert (status, head["problems"]) == (200, [])
    assert (head["revision"], head["link"]) == (seen["head"]["revision"], seen["head"]["link"])
    assert data | {"head": seen["head"]} == seen


def test_one_action_after_the_other_leads_where_all_in_one_question_lead(ask: Ask, start: str) -> None:
    actions = [DROP_NAILS, DROP_MILK, ["undo", 0, DROP_NAILS[1:]], ["model", 0, ""], ["edit", "add", "b2"]]
    actions[3][2] = ask(start)[2]["choices"][1]["link"]
    link = start
    for action in actions:
        _, head, data = ask(link, action)
        link = head["link"]
    assert ask(start, *actions) == (200, head, data)
    assert [model["name"] for model in data["models"]] == ["Average pooling", "DIN"]
    assert len(data["steps"]) == 3


def test_another_user_is_shown_without_the_edits(ask: Ask, start: str, visit: Callable[..., AppTest]) -> None:
    _, head, data = ask(start, DROP_NAILS, ["go", "user", "8"])
    seen = payload(go_to(visit(user="8"), "whatif"))
    assert (head["revision"], data["subject"]) == (seen["head"]["revision"], seen["subject"])


def test_what_does_not_fit_is_said_and_what_was_there_stays(ask: Ask, start: str) -> None:
    status, head, data = ask(start, DROP_NAILS, DROP_NAILS)
    assert (status, len(data["steps"]), len(head["problems"])) == (200, 2, 1)
    assert 'holds 0 behaviors with item "n1"' in head["problems"][0]


def test_it_is_told_in_the_visitors_language(ask: Ask, start: str) -> None:
    _, english, _ = ask(start, DROP_NAILS)
    _, chinese, data = ask(start, DROP_NAILS, language="zh")
    assert english["revision"] != chinese["revision"]
    assert data["steps"][0]["label"] != "As it was"
    assert english["link"] == chinese["link"]


def test_another_row_is_another_revision(ask: Ask, start: str, world: World) -> None:
    _, before, _ = ask(start, DROP_NAILS)
    assert ask(start, DROP_NAILS)[1] == before
    world.store.append_behaviors("7", [("x1", 1510617600)])
    assert ask(start, DROP_NAILS)[1]["revision"] != before["revision"]


@pytest.mark.parametrize("key", ["", "guessed", "é"])
def test_without_the_key_nothing_is_told(ask: Ask, start: str, key: str) -> None:
    assert ask(start, DROP_NAILS, key=key) == (403, None, None)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (("user=nobody",), {}),
        ((None,), {}),
        (("edits=paint",), {}),
        ((None, ["paint"]), {"fill": True}),
        ((None, "drop"), {"fill": True}),
        ((None,), {"fill": True, "language": "tlh"}),
        ((None,), {"body": b"what"}),
        ((None,), {"body": b"[]"}),
        ((None,), {"body": b"[" * 100_000}),
        ((None,), {"body": b" " * (MAX_BYTES + 1)}),
        ((None, *[["clear"]] * (MOST_ACTIONS + 1)), {"fill": True}),
    ],
)
def test_what_cannot_be_told_is_left_to_the_page(ask: Ask, start: str, asked: Any, given: dict[str, Any]) -> None:
    link, *actions = asked
    fill = given.get("fill", False)
    rest = {name: value for name, value in given.items() if name != "fill"}
    assert ask(start if fill else link, *actions, **rest) == (404, None, None)
