"""What if: the scenario on screen with other behaviors, another profile, context or candidate, edit by edit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Add, Edit, Scenario, SetCandidate
from din_core.pages.app.startup import App
from din_core.pages.browser.protocol import Payload, Report
from din_core.pages.language.translate import T, t
from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import WHAT_IF
from din_core.pages.session import address, caches, visitor
from din_core.pages.what_if.actions import apply_actions, change
from din_core.pages.what_if.edit_list import show_edit_list
from din_core.pages.what_if.edit_steps import EditedStates, apply_edits
from din_core.pages.what_if.payload_cache import payload_of
from din_core.pages.widgets import pickers
from din_core.pages.widgets.frame import report
from din_core.pages.widgets.search_box.search_box import Option
from din_core.sharing import encode, sentence
from din_core.sharing.values import iso

DAY = timedelta(days=1)
FIRST_SECOND = int(datetime.min.replace(tzinfo=UTC).timestamp())
"""Of the calendar."""
LEAD = T(
    "Change what the models read and see their scores change. Every edit makes a new state of the last one; nothing "
    "is written to the behavior store."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(WHAT_IF, show)


def remind(scenario: Scenario | None) -> None:
    """On every other page: that it shows the scenario without its edits."""
    if scenario is not None and scenario.edits:
        st.info(
            t(
                "This page shows the history as it was: the what-if edits ({n}) apply on What if.",
                n=len(scenario.edits),
            ),
            icon=":material/edit_note:",
        )


def show() -> None:
    """The page, from the session's scenario and the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    impressions, edited = pickers.read_on_screen(lambda store, scenario, _: apply_edits(store, scenario))
    scenario = own.scenario
    if scenario is not None and edited is not None and edited.wrong:  # the store has changed since they were made
        own.problems = (*own.problems, *(sentence(error) for _, error in edited.wrong))
        scenario = replace(scenario, edits=edited.edits, reference=min(scenario.reference, len(edited.edits)))
        address.set_scenario(scenario)

    st.markdown(t(LEAD))
    with pickers.user_and_impression(impressions):
        scored = None if edited is None else pickers.item_option(edited.states[-1].candidate)
        label = t("Candidate: any item of the catalogue")
        pickers.search_items(app, "what_if_candidate", label, scored, lambda item_id: make(SetCandidate(item_id)))
    report(own.problems)
    if scenario is not None and edited is not None:
        show_instrument(app, scenario, edited, add_boxes(app, scenario, edited))
    elif app.setting.opening is not None:
        st.button(t("Show the opening example"), on_click=address.show, args=(app.setting.opening,))


def add_boxes(app: App, scenario: Scenario, edited: EditedStates) -> int | None:
    """Which item joins the history, and when; returns that time, None for the newest."""
    behaviors = edited.states[0].history.behaviors
    latest = datetime.fromtimestamp(max(scenario.as_of - 1, FIRST_SECOND), UTC).date()
    first = datetime.fromtimestamp(behaviors[0].timestamp, UTC).date() if behaviors else latest
    earliest = first - min(366 * DAY, first - date.min)
    which, when = st.columns([11, 5])
    with when:
        # Another scenario is another field: a date that was meant for the last one is not kept.
        on = st.date_input(
            t("On (empty: as the newest)"),
            value=None,
            min_value=earliest,
            max_value=latest,
            format="YYYY-MM-DD",
            key=f"add_on {scenario.user_id} {scenario.as_of}",
        )
    at = None if on is None else min(end_of(on), scenario.as_of - 1)
    added = next((edit.item_id for edit in reversed(edited.edits) if isinstance(edit, Add)), None)
    with which:
        # A choice without a label: what was added is not left standing in the field.
        chosen = None if added is None else Option(added, "")
        label = t("Add a behavior with any item")
        pickers.search_items(app, "what_if_add", label, chosen, lambda item_id: make(Add(item_id, at)))
    return at


def end_of(day: date) -> int:
    """The last second of a day, UTC."""
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) + DAY // timedelta(seconds=1) - 1


def make(edit: Edit) -> None:
    """An edit by a search box that the instrument did not take."""
    scenario = visitor.session().scenario
    if scenario is not None:
        outcome = change(caches.current_app().store, scenario, [edit])
        address.show(outcome.scenario, outcome.problems)


def show_instrument(app: App, scenario: Scenario, edited: EditedStates, add_at: int | None) -> None:
    """Scores, edits and list."""
    own = visitor.session()
    payload = payload_of(app, scenario, edited)
    show_edit_list(
        Payload(payload.revision, ()) if own.instrument.holds == payload.revision else payload,
        link=urlencode(encode(scenario, own.view), doseq=True),
        epoch=own.instrument.epoch,
        add_at=None if add_at is None else iso(add_at),
        on_report=follow,
    )


def follow(report: Report) -> None:
    """The instrument went somewhere by itself. What it got no answer to is done here, and it is led there."""
    own = visitor.session()
    address.instrument_moved(report.link)
    own.problems = (*own.problems, *report.problems)
    if report.actions and own.scenario is not None:
        outcome = apply_actions(caches.current_app(), own.scenario, report.actions)
        address.show(outcome.scenario, (*own.problems, *outcome.problems))
