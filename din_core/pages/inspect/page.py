"""Inspect: one user, one candidate, and which past behaviors the model switches on for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Scenario
from din_core.pages.inspect.answer.answer_sentence import show_answer_sentence
from din_core.pages.inspect.attention_chart import show_attention_chart
from din_core.pages.inspect.counterfactual_questions import show_counterfactuals, show_nearest
from din_core.pages.inspect.inspection import Inputs, read_inputs
from din_core.pages.inspect.payload_cache import InspectPayloads
from din_core.pages.inspect.sent_history import offer_sent_history
from din_core.pages.inspect.unit_reading_section import reads_behaviors, show_unit_reading
from din_core.pages.language.translate import t
from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import INSPECT
from din_core.pages.session import address, caches, visitor
from din_core.pages.widgets import pickers
from din_core.pages.widgets.failures import shows_failures
from din_core.pages.widgets.frame import report_low_coverage, report_unfit
from din_core.pages.widgets.several_note import show_several_note
from din_core.sharing import View
from din_core.sharing.page_choices import InspectChoice

QUESTIONS = "questions"
"""The key of the box with questions."""


@dataclass
class ShownQuestions:
    """Of a visit: what was asked when the page was last drawn."""

    choice: InspectChoice = field(default_factory=InspectChoice)


def page() -> Page:
    """Where this page stands."""
    return page_of(INSPECT, show)


def link(label: str, scenario: Scenario | None = None, view: View | None = None) -> None:
    """The way to this page, with what is on screen or with another scenario or view; `label` is Markdown."""
    link_to_page(page(), label, scenario, view)


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    inputs, scenario = pickers.scenario_boxes(read_inputs), own.scenario
    report_unfit(app)
    report_low_coverage(app, caches.models_on_screen(scenario) if scenario is not None else ())
    if scenario is not None and inputs is not None:
        offer_sent_history(scenario, inputs)
        show_answer_sentence()
        show_questions()  # before the instrument: what comes later would push the chart down
        show_instrument(scenario, inputs)
        show_reading()
    elif app.setting.opening is not None:
        st.button(t("Show the opening example"), on_click=address.show, args=(app.setting.opening,))


def show_instrument(scenario: Scenario, inputs: Inputs) -> None:
    """Scores, chart and table."""
    own = visitor.session()
    payloads = InspectPayloads(caches.current_app(), scenario, inputs)
    show_attention_chart(
        payloads.held() if own.instrument.holds == payloads.revision else payloads.on_screen(),
        epoch=own.instrument.epoch,
        candidate=own.instrument.candidate or scenario.candidates[0],
        models=own.instrument.models or scenario.checkpoints,
        view=own.view,
        on_report=lambda report: address.instrument_moved(report.link),
    )
    show_several_note(caches.current_app(), payloads.category)


@st.fragment
@shows_failures
def show_questions() -> None:
    """What would have to be gone, and who decided otherwise; nothing is computed while it is folded up."""
    app, own = caches.current_app(), visitor.session()
    open_where_asked(address.page_choice(InspectChoice))
    scenario = own.scenario
    with st.expander(t("What would flip it?"), key=QUESTIONS, on_change="rerun") as questions:
        if questions.open and scenario is not None:
            removal, other = st.columns(2, gap="large")
            with removal:
                st.subheader(t("What would have to be gone?"), anchor=False)
                show_counterfactuals(app, scenario)
            with other:
                st.subheader(t("Who decided otherwise?"), anchor=False)
                show_nearest(app, scenario)
    if own.address.outdated:  # the address bar is to say what was chosen here
        st.rerun()


def open_where_asked(choice: InspectChoice) -> None:
    """Show the answers to questions that a link, Back or the visitor asks; they may be folded up until others are."""
    shown = visitor.session().of(ShownQuestions)
    if choice != InspectChoice() and (choice != shown.choice or QUESTIONS not in st.session_state):
        st.session_state[QUESTIONS] = True
    shown.choice = choice


@st.fragment
@shows_failures
def show_reading() -> None:
    """How types and times of behaviors enter the weights, where the first model reads them."""
    app, scenario = caches.current_app(), visitor.session().scenario
    if scenario is None or not reads_behaviors(app, scenario):
        return
    with st.expander(t("What type and time do to a weight"), key="unit_reading", on_change="rerun") as reading:
        if reading.open:
            show_unit_reading(app, scenario)
