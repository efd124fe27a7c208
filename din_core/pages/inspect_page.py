"""Inspect: one user, one candidate, and which past behaviors the model switches on for it."""

from __future__ import annotations

from time import monotonic

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Scenario
from din_core.pages import pickers, state
from din_core.pages.chrome import report
from din_core.pages.components.lens_box import lens
from din_core.pages.explained import explain
from din_core.pages.inspection import Inputs, read_inputs, score
from din_core.pages.language import current, t
from din_core.pages.lens_data import common_text, effects_text, model_text
from din_core.pages.nearest_view import show_counterfactuals, show_nearest
from din_core.pages.words import words_for
from din_core.sharing import encode

MOST_AHEAD = 12
"""Models held ahead of a choice; beyond these a model is scored when it is chosen."""

EFFECTS_AHEAD_SECONDS = 0.15
"""How long one run may make effects of cases that are not on screen; a choice made meanwhile waits for it."""


def page() -> Page:
    """Where this page stands."""
    return st.Page(show, title=t("Inspect"), default=True)


def link(label: str, scenario: Scenario | None = None) -> None:
    """The way to this page, with what is on screen or with another scenario; `label` is Markdown."""
    address = state.query() if scenario is None else encode(scenario, state.session().view)
    st.page_link(page(), label=label, icon=":material/arrow_forward:", query_params=address)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = state.current_app(), state.session()
    impressions, inputs = pickers.read_on_screen(read_inputs)
    scenario = own.scenario
    with pickers.user_and_impression(impressions):
        pickers.candidate_box(app, scenario)
    report(own.problems)
    if scenario is not None and inputs is not None:
        show_lens(scenario, inputs)
        show_questions()
    elif app.setting.opening is not None:
        st.button(t("Show the opening example"), on_click=state.show, args=(app.setting.opening,))


def show_lens(scenario: Scenario, inputs: Inputs) -> None:
    """Scores, chart and table. What the lens holds already is not made again."""
    app, own = state.current_app(), state.session()
    words = words_for(app.summary)
    held = state.held((inputs.key, app.setting.fingerprints, current()))
    if held.common is None:
        held.common = common_text(inputs, scenario, words, app.models.values())
    ahead = list(app.models)[:MOST_AHEAD] if held.ahead else []
    for name in (*state.on_screen(scenario), *ahead):
        if name not in held.models:
            held.models[name] = model_text(score(inputs, app.scorers[name]), app.models[name])
    hold_effects(held, scenario, inputs)
    lens(
        "lens",
        held.common,
        {app.models[name].link: text for name, text in held.models.items()},
        {(app.models[name].link, place): text for (name, place), text in held.effects.items()},
        revision=held.revision,
        epoch=own.epoch,
        selected=own.shown or scenario.candidate_ids[0],
        chosen=own.led_models or scenario.checkpoints,
        view=own.view,
        on_went=state.lens_went,
        on_wish=state.hold_ahead,
    )


@st.fragment
def show_questions() -> None:
    """What would have to be gone, and who decided otherwise; nothing is computed while it is folded up."""
    app, own = state.current_app(), state.session()
    if own.chosen:  # another scenario was opened from here, and only this part runs
        st.rerun()
    scenario = own.scenario
    with st.expander(t("Two more questions about this candidate"), key="questions", on_change="rerun") as questions:
        if questions.open and scenario is not None:
            removal, other = st.columns(2, gap="large")
            with removal:
                st.subheader(t("What would have to be gone?"), anchor=False)
                show_counterfactuals(app, scenario)
            with other:
                st.subheader(t("Who decided otherwise?"), anchor=False)
                show_nearest(app, scenario)


def hold_effects(held: state.Held, scenario: Scenario, inputs: Inputs) -> None:
    """Effects of the case on screen, by the model whose weights are shown; of the cases around it when asked for."""
    model = state.on_screen(scenario)[0]
    ids = [case.item.item_id for case in inputs.cases]
    here = ids.index(scenario.candidate_ids[0])
    held.effects = {key: text for key, text in held.effects.items() if key[0] == model}
    wanted = sorted(range(len(ids)), key=lambda place: abs(place - here)) if held.more_effects else [here]
    held.more_effects = False
    until = monotonic() + EFFECTS_AHEAD_SECONDS
    for place in wanted:
        if (model, place) not in held.effects:
            held.effects[model, place] = effects_text(explain(inputs, state.current_app().scorers[model], place))
        if monotonic() > until:
            break
