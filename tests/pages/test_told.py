"""What a component says is heard once, in its order, and not lost with a run that was stopped."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from din_core.pages.components.told import hear, listen


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the browser sent, by component."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    yield state


def test_a_message_is_handled_once(page):
    got: list[str] = []
    callbacks = listen("lens", {"wish": got.append})
    page["lens"] = SimpleNamespace(wish=[5, "effects"])
    callbacks["on_wish_change"]()
    callbacks["on_wish_change"]()
    hear()
    assert got == ["effects"]


def test_the_same_word_said_again_is_a_new_message(page):
    got: list[str] = []
    callbacks = listen("lens", {"wish": got.append})
    for number in (5, 6):
        page["lens"] = SimpleNamespace(wish=[number, "effects"])
        callbacks["on_wish_change"]()
    assert got == ["effects", "effects"]


def test_messages_of_stopped_runs_are_handled_in_the_order_they_were_sent(page):
    got: list[str] = []
    listen("user", {"query": got.append, "pick": got.append})
    listen("lens", {"went": got.append})
    page["user"] = SimpleNamespace(query=[2, "second"], pick=[3, "third"])
    page["lens"] = SimpleNamespace(went=[1, "first"])
    hear()
    assert got == ["first", "second", "third"]


def test_a_component_that_has_left_the_page_or_said_nothing_has_nothing_to_say(page):
    got: list[str] = []
    callbacks = listen("lens", {"wish": got.append})
    callbacks["on_wish_change"]()
    page["lens"] = SimpleNamespace(wish=None)
    callbacks["on_wish_change"]()
    hear()
    assert got == []


def test_a_message_that_cannot_be_handled_fails_once(page):
    listen("lens", {"wish": {}.__getitem__})
    page["lens"] = SimpleNamespace(wish=[1, "effects"])
    with pytest.raises(KeyError):
        hear()
    hear()


class Stopped(BaseException):
    """What Streamlit raises where a stopped run reads the session's state."""


def test_a_run_that_is_stopped_handles_a_message_whole_or_not_at_all(page, monkeypatch):
    from din_core.pages import state

    class Guarded(dict[str, Any]):
        left = 0

        def __getitem__(self, key: str) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Stopped
            return super().__getitem__(key)

    def choose(text: str) -> None:
        state.session().typed["a"] = text
        state.session().typed["b"] = text

    guarded = Guarded()
    monkeypatch.setattr(st, "session_state", guarded)
    guarded.left = 100
    state.session()
    listen("user", {"pick": choose})
    guarded["user"] = SimpleNamespace(pick=[1, "milk"])
    for reads in range(8):
        guarded.left = reads
        try:
            hear()
        except Stopped:
            guarded.left = 100
            assert state.session().typed == {}
    guarded.left = 100
    hear()
    assert state.session().typed == {"a": "milk", "b": "milk"}
