"""What the pages about the whole catalogue ask first: a scenario on screen, and no more items than they can hold."""

from __future__ import annotations

import streamlit as st

from din_core.domain import DinLensError, History, Scenario
from din_core.pages import state
from din_core.pages.chrome import report
from din_core.pages.language import t
from din_core.sharing import sentence

MOST_ITEMS = 250_000
"""Items a page holds in memory at most."""


def head(title: str, too_many: str, with_candidate: bool = False) -> tuple[Scenario, History, int] | None:
    """The head of a page: the scenario on screen, its history, and how many items there are.

    None, with a sentence on the page, where one of them is missing or there are `too_many` items, a text that holds
    `n` and `most`. `with_candidate` asks that the store still holds the candidate.
    """
    app, own = state.current_app(), state.session()
    report(own.problems)
    st.header(title, anchor=False)
    if own.scenario is None:
        st.markdown(t("There is no scenario on screen: choose a user and a candidate on the *Inspect* page."))
        return None
    total = app.store.count_items()
    if total > MOST_ITEMS:
        st.markdown(t(too_many, n=total, most=MOST_ITEMS))
        return None
    try:
        if with_candidate:
            app.store.item(own.scenario.candidate_ids[0])
        return own.scenario, app.store.history(own.scenario.user_id, own.scenario.as_of), total
    except DinLensError as error:  # gone since the scenario was chosen
        report([sentence(error)])
        return None
