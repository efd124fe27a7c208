"""What the pages about the whole catalogue ask first: a scenario on screen, and no more items than they can hold."""

from __future__ import annotations

import streamlit as st

from din_core.domain import History, Scenario
from din_core.pages.language.translate import t
from din_core.pages.session import caches, visitor
from din_core.pages.widgets import pickers
from din_core.store import BehaviorStore

MOST_ITEMS = 250_000
"""Items a page holds in memory at most."""


def catalogue_head(title: str, too_many: str, with_candidate: bool = False) -> tuple[Scenario, History, int] | None:
    """The head of a page: the scenario on screen, its history, and how many items there are.

    None, with a sentence on the page, where one of them is missing or there are `too_many` items, a text that holds
    `n` and `most`. `with_candidate` asks that the store still holds the candidate.
    """
    app, own = caches.current_app(), visitor.session()

    def read(store: BehaviorStore, scenario: Scenario, _: object) -> History:
        if with_candidate:
            store.item(scenario.candidate_ids[0])
        return store.history(scenario.user_id, scenario.as_of)

    history = pickers.scenario_boxes(read)
    st.header(title, anchor=False)
    if own.scenario is None:
        st.markdown(t("There is no scenario on screen: choose a user and a candidate."))
        return None
    total = app.store.count_items()
    if total > MOST_ITEMS:
        st.markdown(t(too_many, n=total, most=MOST_ITEMS))
        return None
    return None if history is None else (own.scenario, history, total)  # None: gone since the scenario was chosen
