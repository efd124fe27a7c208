"""What a component of the page tells the server, heard once and never lost.

Streamlit stops a run, even before it begins or in the middle of a callback, when the browser asks for the next one.
So a message (`tell.js`) comes again with every request until it was handled, and is handled whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import Any

import streamlit as st

from din_core.pages.session.script_run import of_a_part
from din_core.pages.session.visitor import uninterrupted

EARS = "din_lens_ears"

Handler = Callable[[Any], None]


@dataclass
class Ears:
    """What one session's components are listened to for."""

    handlers: dict[str, Mapping[str, Handler]] = field(default_factory=dict)
    """Of each component, by its key: what each kind of message does."""
    heard: dict[tuple[str, str], int] = field(default_factory=dict)
    """Number of the last message handled, by component and kind."""
    one_by_one: RLock = field(default_factory=RLock)
    """A run that is being stopped may still be at work on a message: the next one must not go on without it."""


def listen(key: str, handlers: Mapping[str, Handler], whole_page: Collection[str] = ()) -> dict[str, Any]:
    """Callbacks to mount the component `key` with: each kind of message goes to its handler.

    Where the component stands in a part of the page that runs by itself, the kinds in `whole_page` rerun all of it.
    """
    ears().handlers[key] = handlers
    return {f"on_{name}_change": partial(arrived, key, name, name in whole_page) for name in handlers}


def last_heard(key: str, name: str) -> int:
    """Number of the last message of a kind that was handled; 0 before the first."""
    return ears().heard.get((key, name), 0)


def hear() -> None:
    """Handle what has come and was not handled yet, in the order it was sent; also what came with a stopped run."""
    own = ears()
    kinds = [(key, name) for key, handlers in own.handlers.items() for name in handlers]
    sent = [(said[0], kind) for kind in kinds if (said := message(*kind))]
    for _, kind in sorted(sent):
        handle(own, *kind)


def arrived(key: str, name: str, whole_page: bool) -> None:
    before = last_heard(key, name)
    hear()  # what was sent before it comes before it
    if last_heard(key, name) != before and whole_page and of_a_part():
        st.rerun()


def ears() -> Ears:
    if EARS not in st.session_state:
        st.session_state[EARS] = Ears()
    found: Ears = st.session_state[EARS]
    return found


def handle(own: Ears, key: str, name: str) -> None:
    number, value = message(key, name) or (None, None)
    if number is None:
        return
    with uninterrupted(), own.one_by_one:
        if own.heard.get((key, name)) != number:
            own.heard[key, name] = number
            own.handlers[key][name](value)


def message(key: str, name: str) -> tuple[int, Any] | None:
    """The last message of a kind with its number; a component that has left the page has nothing to say."""
    found = st.session_state.get(key)
    sent = None if found is None else getattr(found, name)
    return None if sent is None else (int(sent[0]), sent[1])
