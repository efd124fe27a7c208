"""Inspect: one user, one candidate, and which past behaviors the model switches on for it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from din_core.domain import DinLensError, Scenario
from din_core.pages import pickers, state
from din_core.pages.chrome import report
from din_core.pages.components.lens_box import lens
from din_core.pages.inspection import Inputs, read_inputs
from din_core.pages.lens_data import lens_data
from din_core.pages.words import words_for
from din_core.sharing import sentence


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = state.current_app(), state.session()
    words = words_for(app.summary)
    scenario, impressions, inputs = own.scenario, [], None
    if scenario is not None:
        try:
            impressions = app.store.impressions(scenario.user_id)
            inputs = read_inputs(app.store, scenario, impressions)
        except DinLensError as error:
            own.problems = (*own.problems, sentence(error))

    user, shown, candidate = st.columns([5, 6, 5])
    with user:
        pickers.user_box(app, words, scenario)
    with shown:
        pickers.impression_box(words, scenario, impressions)
    with candidate:
        pickers.candidate_box(app, scenario)

    report(own.problems)
    if scenario is not None and inputs is not None:
        show_lens(scenario, inputs)
    elif app.setting.opening is not None:
        st.button("Show the opening example", on_click=state.show, args=(app.setting.opening,))


def show_lens(scenario: Scenario, inputs: Inputs) -> None:
    """Scores, chart and table."""
    own = state.session()
    words = words_for(state.current_app().summary)
    data = state.scored_once(scenario, inputs, partial(lens_data, scenario=scenario, words=words))
    lens(
        "lens",
        data,
        epoch=own.epoch,
        selected=own.shown or scenario.candidate_ids[0],
        view=own.view,
        on_went=state.lens_went,
    )
