"""What all sessions share: the app, the catalogue's items, payloads of the instruments, scores of what-if states."""

from __future__ import annotations

from typing import Any

import streamlit as st

from din_core.domain import Item, Scenario, Scores
from din_core.pages.app.startup import App, Startup, from_environment
from din_core.sharing import find_checkpoints
from din_core.sharing.share_store import ShareStore, share_url
from din_core.store.lru_cache import LruCache

PAYLOAD_CHARACTERS = 24_000_000
"""Payloads kept."""
SCENARIOS = 64
"""Scenarios of which the rows are kept as they were collected."""
STATE_PROBABILITIES = 20_000
"""Probabilities of what-if states kept."""
STATE_BEHAVIORS = 30_000
"""Behaviors over which what-if states are kept with their weights."""


@st.cache_resource(show_spinner=False, max_entries=2)
def startup(store_url: str | None, checkpoints: str | None) -> Startup:
    """The start of the app for these settings; begun by the first who asks, shared by all."""
    return Startup(store_url, checkpoints)


def current_app() -> App:
    """The app, once the main script has waited for it."""
    store_url, checkpoints = from_environment()
    # By name: of what stands by place alone Streamlit looks up the names each time.
    found = startup(store_url=store_url, checkpoints=checkpoints).wait(60)
    assert found is not None
    return found


def models_on_screen(scenario: Scenario) -> tuple[str, ...]:
    """Folder names of those of the scenario's models that are loaded."""
    return find_checkpoints(scenario.checkpoints, current_app().setting.fingerprints)[0]


class StateScores:
    """What was scored of what-if states, as far as there is room. Safe to share between threads and sessions."""

    def __init__(self, probabilities: int, behaviors: int) -> None:
        """How many probabilities are kept, and whole scores over how many behaviors in all."""
        self.probabilities: LruCache[float] = LruCache(probabilities, lambda _: 1)
        self.scores: LruCache[Scores] = LruCache(behaviors, lambda scores: 1 + len(scores.behaviors))


@st.cache_resource(show_spinner=False)
def payloads() -> LruCache[str]:
    """Payloads of the instruments of *Inspect* and *What if*, for all sessions."""
    return LruCache(PAYLOAD_CHARACTERS, len)


@st.cache_resource(show_spinner=False)
def scenario_rows() -> LruCache[Any]:
    """What was read of scenarios, with its digests; keys hold the state of the store."""
    return LruCache(SCENARIOS, lambda _: 1)


@st.cache_resource(show_spinner=False)
def state_scores() -> StateScores:
    """What was scored of states on *What if*, for all sessions."""
    return StateScores(STATE_PROBABILITIES, STATE_BEHAVIORS)


def shares() -> ShareStore:
    """The short links and snapshots that are kept, in the database that DIN_SHARE names."""
    return _shares_at(share_url())


@st.cache_resource(show_spinner=False, max_entries=2)
def _shares_at(url: str) -> ShareStore:
    return ShareStore(url)


@st.cache_resource(show_spinner=False, max_entries=2)
def catalogue_items(url: str, total: int) -> tuple[Item, ...]:
    """All items, as they were when there were so many."""
    return tuple(current_app().store.all_items())
