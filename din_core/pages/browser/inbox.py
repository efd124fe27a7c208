"""Messages from the browser's components, each handled once and never lost.

Streamlit stops a run, even before it begins or in the middle of a callback, when the browser asks for the next one.
So a message (`sender.js`) comes again with every request until it was handled, and is handled whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import streamlit as st

from din_core.pages.session.script_run import is_fragment_run
from din_core.pages.session.visitor import uninterrupted

INBOX = "din_lens_inbox"

Handler = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Message:
    """What a component has sent."""

    key: str
    """The component's."""
    kind: str
    number: int
    value: Any


@dataclass
class Inbox:
    """One session's messages."""

    handlers: dict[str, Mapping[str, Handler]] = field(default_factory=dict)
    """By component and kind of message."""
    whole_page: dict[str, Collection[str]] = field(default_factory=dict)
    """By component: kinds of message that change more than the part of the page that it stands in."""
    handled: dict[tuple[str, str], int] = field(default_factory=dict)
    """Number of the last message handled, by component and kind."""
    page_outdated: bool = False
    """A message that changes the whole page was handled, and only a part of the page runs."""
    lock: RLock = field(default_factory=RLock)
    """A run that is being stopped may still be at work on a message: the next one must not go on without it."""


def subscribe(key: str, handlers: Mapping[str, Handler], whole_page: Collection[str] = ()) -> dict[str, Any]:
    """Callbacks to mount the component `key` with: each kind of message goes to its handler.

    Where the component stands in a part of the page that runs by itself, the kinds in `whole_page` rerun all of it.
    """
    own = inbox()
    own.handlers[key], own.whole_page[key] = handlers, whole_page
    return dict.fromkeys((f"on_{kind}_change" for kind in handlers), receive)


def last_handled(key: str, kind: str) -> int:
    """Number of the last message of a kind that was handled; 0 before the first."""
    return inbox().handled.get((key, kind), 0)


def dispatch() -> None:
    """Handle what has come and was not handled yet, in the order it was sent; also what came with a stopped run."""
    own = inbox()
    sent = [message for key, handlers in own.handlers.items() for message in last_messages(key, handlers)]
    for message in sorted(sent, key=lambda one: one.number):
        handle(own, message)
    if not is_fragment_run():
        own.page_outdated = False


def receive() -> None:
    """A message has come: it is handled after all that was sent before it, whichever component that came from."""
    dispatch()
    if inbox().page_outdated:
        st.rerun()


def inbox() -> Inbox:
    """This session's."""
    found: Inbox | None = st.session_state.get(INBOX)
    if found is None:
        found = st.session_state[INBOX] = Inbox()
    return found


def handle(own: Inbox, message: Message) -> None:
    """Handle the last message of a kind, once."""
    place = message.key, message.kind
    with uninterrupted(), own.lock:
        # A run that is being stopped may still bring an older message than the one that was handled meanwhile.
        if message.number > own.handled.get(place, 0):
            own.handled[place] = message.number
            own.page_outdated |= message.kind in own.whole_page[message.key]
            own.handlers[message.key][message.kind](message.value)


def last_messages(key: str, kinds: Iterable[str]) -> list[Message]:
    """The last message of each kind; none from a component that has left the page."""
    found = st.session_state.get(key)
    sent = {} if found is None else {kind: getattr(found, kind) for kind in kinds}
    return [Message(key, kind, int(one[0]), one[1]) for kind, one in sent.items() if one is not None]
