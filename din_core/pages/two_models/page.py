"""Two models: any two on the scenario on screen, side by side."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from din_core.pages.inspect.inspection import read_inputs
from din_core.pages.language.translate import t
from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import TWO_MODELS
from din_core.pages.score_gap import page as score_gap_page
from din_core.pages.session import caches, visitor
from din_core.pages.two_models.model_pair import show_side_by_side
from din_core.pages.widgets import pickers
from din_core.pages.widgets.frame import report_low_coverage, report_unfit


def page() -> Page:
    """Where this page stands."""
    return page_of(TWO_MODELS, show)


def link(label: str) -> None:
    """The way to this page, with what is on screen; `label` is Markdown."""
    link_to_page(page(), label)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    inputs, scenario = pickers.scenario_boxes(read_inputs), own.scenario
    report_unfit(app)
    st.header(t("Two models side by side"), anchor=False)
    if scenario is None or inputs is None:
        st.markdown(t("There is no scenario on screen: choose a user and a candidate."))
        return
    report_low_coverage(app, caches.models_on_screen(scenario))
    show_side_by_side(app, scenario, inputs)
    if len(caches.models_on_screen(scenario)) > 1:
        score_gap_page.link(t("Why one says more than the other"), scenario, "models")
