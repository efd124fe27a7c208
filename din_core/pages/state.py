"""All state of the app: what all sessions share (cached), and what one session has chosen.

Nothing about a user's rows is kept across reruns except the last scoring, under a key that holds every row it
depends on: a new row in the store makes another key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import parse_qs

import streamlit as st

from din_core.domain import Scenario
from din_core.pages.inspection import Inputs, Inspection, score
from din_core.pages.startup import App, Startup, from_environment
from din_core.sharing import Link, View, encode, find_checkpoints, parse, resolve

SESSION = "din_lens"
T = TypeVar("T")


@st.cache_resource(show_spinner=False, max_entries=2)
def startup(store_url: str | None, checkpoints: str | None) -> Startup:
    """The start of the app for these settings; begun by the first who asks, shared by all."""
    return Startup(store_url, checkpoints)


def current_app() -> App:
    """The app, once the main script has waited for it."""
    found = startup(*from_environment()).wait(60)
    assert found is not None
    return found


@dataclass
class Session:
    """What one visitor has chosen."""

    scenario: Scenario | None = None
    view: View = field(default_factory=View)
    problems: tuple[str, ...] = ()
    chosen: bool = False
    """A choice was made on the page and is not yet in the address bar."""
    address: dict[str, list[str]] | None = None
    """The query parameters that `scenario` came from or was written to."""
    epoch: int = 0
    """Counts the choices that the lens must follow; those it made itself do not count."""
    shown: str | None = None
    """The candidate that the lens was last told to show."""
    typed: dict[str, str] = field(default_factory=dict)
    """Text typed into each search box since its last choice."""
    scored: tuple[tuple[object, ...], Any] | None = None
    """The last scoring and the key of all it depends on."""


def session() -> Session:
    """This visitor's state."""
    if SESSION not in st.session_state:
        st.session_state[SESSION] = Session()
    found: Session = st.session_state[SESSION]
    return found


def follow_address(app: App) -> None:
    """Take over what the address bar says when it says something new: at the start, and after Back."""
    own = session()
    raw = {name: st.query_params.get_all(name) for name in st.query_params}
    if not own.chosen and raw != own.address:
        link, unread = parse(raw)
        found = resolve(link, app.store, app.setting)
        own.scenario, own.view, own.address = found.scenario, link.view, raw
        own.problems = (*unread, *found.problems)
        lead_lens(own)
    own.chosen = False


def write_address() -> None:
    """Put the whole scenario into the address bar."""
    own = session()
    if own.scenario is None:
        return
    wanted = encode(own.scenario, own.view)
    own.address = {name: [v] if isinstance(v, str) else v for name, v in wanted.items()}
    if own.address != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(wanted)


def show(scenario: Scenario | None, problems: tuple[str, ...] = ()) -> None:
    """Choose a scenario; the lens follows."""
    own = session()
    own.scenario, own.problems, own.chosen = scenario, problems, True
    own.typed.clear()
    lead_lens(own)


def lead_lens(own: Session) -> None:
    own.epoch += 1
    own.shown = own.scenario.candidate_ids[0] if own.scenario else None


def choose_user(user_id: str) -> None:
    """Another user: at their newest impression, with the candidate on screen where they have none."""
    now = session().scenario
    link = Link(user_id=user_id, checkpoints=now.checkpoints if now else ())
    if now is not None and not current_app().store.impressions(user_id):
        link = replace(link, candidate_ids=now.candidate_ids, context=now.context)
    choose(link)


def choose_impression(as_of: int, item_id: str) -> None:
    """One of the user's impressions: its time, candidate and context."""
    now = session().scenario
    if now is not None:
        choose(Link(now.user_id, as_of, (item_id,), now.checkpoints))


def choose_candidate(item_id: str) -> None:
    """Any candidate at the time on screen; resolved like a link, so an impression brings its own context."""
    now = session().scenario
    if now is None:
        choose(Link(candidate_ids=(item_id,)))
    else:
        choose(Link(now.user_id, now.as_of, (item_id,), now.checkpoints))


def choose(link: Link) -> None:
    """Show what a link says, with what it leaves open filled in."""
    app = current_app()
    found = resolve(link, app.store, app.setting)
    show(found.scenario, found.problems)


def lens_went(query: str) -> None:
    """The lens went somewhere by itself: follow it there, without telling it what it knows."""
    own, found = session(), current_app()
    link, unread = parse(parse_qs(query, keep_blank_values=True))
    resolved = resolve(link, found.store, found.setting)
    own.scenario, own.view, own.chosen = resolved.scenario, link.view, True
    own.problems = (*unread, *resolved.problems)


def scored_once(scenario: Scenario, inputs: Inputs, render: Callable[[Inspection], T]) -> T:
    """`render` of the inspection, made anew only when something it depends on is another."""
    own, app = session(), current_app()
    names, _ = find_checkpoints(scenario.checkpoints, app.setting.fingerprints)
    key = (scenario.checkpoints, [app.scorers[name].fingerprint for name in names], inputs.key)
    if own.scored is None or own.scored[0] != key:
        own.scored = (key, render(score(inputs, [app.scorers[name] for name in names])))
    found: T = own.scored[1]
    return found
