"""What a component says is heard once, in its order, and not lost with a run that was stopped."""

from collections.abc import Iterator
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from din_core.pages.browser.inbox import hear, last_heard, listen


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the browser sent, by component."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    yield state


def test_a_message_is_handled_once(page):
    got: list[str] = []
    callbacks = listen("lens", {"went": got.append})
    page["lens"] = SimpleNamespace(went=[5, "m2"])
    callbacks["on_went_change"]()
    callbacks["on_went_change"]()
    hear()
    assert got == ["m2"]


def test_the_same_word_said_again_is_a_new_message(page):
    got: list[str] = []
    callbacks = listen("lens", {"went": got.append})
    for number in (5, 6):
        page["lens"] = SimpleNamespace(went=[number, "m2"])
        callbacks["on_went_change"]()
    assert got == ["m2", "m2"]


def test_messages_of_stopped_runs_are_handled_in_the_order_they_were_sent(page):
    got: list[str] = []
    listen("user", {"query": got.append, "pick": got.append})
    listen("lens", {"went": got.append})
    page["user"] = SimpleNamespace(query=[2, "second"], pick=[3, "third"])
    page["lens"] = SimpleNamespace(went=[1, "first"])
    hear()
    assert got == ["first", "second", "third"]


def test_what_was_sent_before_is_handled_before_whoever_is_called_first(page):
    got: list[str] = []
    search = listen("user", {"query": got.append})
    listen("lens", {"went": got.append})
    page["user"] = SimpleNamespace(query=[2, "second"])
    page["lens"] = SimpleNamespace(went=[1, "first"])
    search["on_query_change"]()
    assert got == ["first", "second"]


def test_a_component_that_has_left_the_page_or_said_nothing_has_nothing_to_say(page):
    got: list[str] = []
    callbacks = listen("lens", {"went": got.append})
    callbacks["on_went_change"]()
    page["lens"] = SimpleNamespace(went=None)
    callbacks["on_went_change"]()
    hear()
    assert got == []


def test_a_message_that_cannot_be_handled_fails_once(page):
    listen("lens", {"went": {}.__getitem__})
    page["lens"] = SimpleNamespace(went=[1, "m2"])
    with pytest.raises(KeyError):
        hear()
    hear()


def test_a_run_does_not_go_on_while_one_that_is_being_stopped_is_at_work_on_a_message(page):
    begun, let_go = Event(), Event()
    at: list[str] = []

    def go(place: str) -> None:
        begun.set()
        assert let_go.wait(20)
        at.append(place)

    listen("lens", {"went": go})
    page["lens"] = SimpleNamespace(went=[7, "b2"])
    first = Thread(target=hear)
    first.start()
    assert begun.wait(20)
    seen: list[list[str]] = []
    second = Thread(target=lambda: (hear(), seen.append(list(at))))
    second.start()
    let_go.set()
    first.join(20)
    second.join(20)
    assert (seen, at) == ([["b2"]], ["b2"])


def test_python_says_which_message_it_heard_last(page):
    listen("lens", {"went": str})
    assert last_heard("lens", "went") == 0
    page["lens"] = SimpleNamespace(went=[7, "b2"])
    hear()
    assert last_heard("lens", "went") == 7


class Stopped(BaseException):
    """What Streamlit raises where a stopped run reads the session's state."""


def test_a_run_that_is_stopped_handles_a_message_whole_or_not_at_all(page, monkeypatch):
    from din_core.pages.session import visitor

    class Guarded(dict[str, Any]):
        left = 0

        def __getitem__(self, key: str) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Stopped
            return super().__getitem__(key)

    def choose(text: str) -> None:
        visitor.session().search_text["a"] = text
        visitor.session().search_text["b"] = text

    guarded = Guarded()
    monkeypatch.setattr(st, "session_state", guarded)
    guarded.left = 100
    visitor.session()
    listen("user", {"pick": choose})
    guarded["user"] = SimpleNamespace(pick=[1, "milk"])
    for reads in range(8):
        guarded.left = reads
        try:
            hear()
        except Stopped:
            guarded.left = 100
            assert visitor.session().search_text == {}
    guarded.left = 100
    hear()
    assert visitor.session().search_text == {"a": "milk", "b": "milk"}
