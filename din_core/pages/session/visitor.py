"""One visitor's state: what they look at, where the address bar is, what the browser's instrument was told.

Nothing about a user's rows is kept across reruns but results, each under a key that holds every row it depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from din_core.domain import Candidate, Scenario
from din_core.sharing import View
from din_core.sharing.history_mark import HistoryMark
from din_core.sharing.user_set import UserSet

SESSION = "din_lens"

PageState = TypeVar("PageState")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ShortLink:
    """The short link that a visit began with."""

    slug: str
    query: dict[str, list[str]]
    """The query parameters that it stands for."""


@dataclass
class Address:
    """The address bar, and how far it follows what was chosen."""

    query: dict[str, list[str]] | None = None
    """The query parameters that the scenario came from or was written to."""
    earlier: list[dict[str, list[str]]] = field(default_factory=list)
    """Those before, until the browser is seen to have the last: a request may still bring an old one."""
    outdated: bool = False
    """A choice was made on the page and is not yet in the address bar."""
    page: str | None = None
    """The page on screen, by its path."""
    short: ShortLink | None = None
    mark: tuple[str, int, HistoryMark] | None = None
    """What the link that was opened says of a history: of which user, at which time, and its mark."""


@dataclass
class Instrument:
    """What the instrument in the browser is to show. It moves by itself; only a new epoch makes it follow."""

    epoch: int = 0
    """Counts the choices that it must follow; those it made itself do not count."""
    candidate: Candidate | None = None
    models: tuple[str, ...] = ()
    holds: str | None = None
    """The revision of the payload that it has, as it said when it last moved; None where it must be sent."""


@dataclass
class Results:
    """The last result of each question, under a key that holds every row that it depends on."""

    found: dict[str, tuple[object, Any]] = field(default_factory=dict)

    def keep(self, question: str, key: object, result: object) -> None:
        """Put `result` in the place of the question's last one."""
        self.found[question] = key, result

    def get(self, question: str, key: object) -> Any:
        """The result under this key; None where there is none, or one under another key."""
        of, result = self.found.get(question, (None, None))
        return result if of == key else None

    def answer(self, question: str, key: object, make: Callable[[], Answer]) -> Answer:
        """The result under this key; where there is none, what `make` returns, which is kept."""
        found: Answer | None = self.get(question, key)
        if found is None:
            found = make()
            self.keep(question, key, found)
        return found

    def forget(self, question: str) -> None:
        """Let the question be answered anew."""
        self.found.pop(question, None)


@dataclass
class Session:
    """What one visitor has chosen."""

    scenario: Scenario | None = None
    view: View = field(default_factory=View)
    problems: tuple[str, ...] = ()
    """Sentences about what of the choice could not be shown."""
    user_set: UserSet | None = None
    """The users that pages of *Find*, *Compare* and *Trust* are restricted to; None for everybody."""
    page_choices: dict[type[Any], Any] = field(default_factory=dict)
    """What pages show beyond the scenario, by kind of choice."""
    address: Address = field(default_factory=Address)
    instrument: Instrument = field(default_factory=Instrument)
    search_text: dict[str, str] = field(default_factory=dict)
    """Text typed into each search box since its last choice."""
    language: str | None = None
    """The code of the language spoken; None until the first word."""
    results: Results = field(default_factory=Results)
    page_states: dict[type[Any], Any] = field(default_factory=dict)
    """What else a page keeps of a visit, by kind."""

    def lead_instrument(self) -> None:
        """Make the instrument in the browser show what the session has."""
        self.instrument.epoch += 1
        self.instrument.holds = None
        self.follow_instrument()

    def follow_instrument(self) -> None:
        """What an instrument that must be led, or that is new on the page, is to show."""
        self.instrument.candidate = self.scenario.candidates[0] if self.scenario else None
        self.instrument.models = self.scenario.checkpoints if self.scenario else ()

    def of(self, kind: type[PageState]) -> PageState:
        """A page's own state of this visit, made when it is first asked for."""
        found: PageState = self.page_states.setdefault(kind, kind())
        return found


CURRENT: ContextVar[Session | None] = ContextVar("current_session", default=None)


@contextmanager
def in_session(own: Session) -> Iterator[None]:
    """What is done within is done in this session."""
    token = CURRENT.set(own)
    try:
        yield
    finally:
        CURRENT.reset(token)


def as_visitor(language: str) -> AbstractContextManager[None]:
    """What is done within is done for a visitor who speaks this, of whom nothing else is known."""
    return in_session(Session(language=language))


def uninterrupted() -> AbstractContextManager[None]:
    """What is done within is done whole: Streamlit may stop a run wherever it reads the session's state."""
    return in_session(session())


def session() -> Session:
    """This visitor's state."""
    current = CURRENT.get()
    if current is not None:
        return current
    found: Session | None = st.session_state.get(SESSION)
    if found is None:
        found = st.session_state[SESSION] = Session()
    return found
