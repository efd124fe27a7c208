"""Pinned: two scenarios side by side, each with its answer, and what differs between them."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import DinLensError, StoreFailure
from din_core.pages.app.startup import App
from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.html import PART_CSS, brief_html
from din_core.pages.inspect import page as inspect_page
from din_core.pages.language.translate import T, t
from din_core.pages.pinned.behavior_records import behavior_records
from din_core.pages.pinned.pins import MOST, OpenedPin, open_pin, pin, pin_text, pinned, turn_round, unpin
from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import PINNED, WHAT_IF
from din_core.pages.session import address, caches, visitor
from din_core.pages.snapshots.differences import differences
from din_core.pages.snapshots.snapshot import show_differences
from din_core.pages.what_if import page as what_if_page
from din_core.pages.widgets.frame import report
from din_core.pages.widgets.record_table.record_table import IN_BOX, show_records
from din_core.sharing import sentence
from din_core.sharing.frozen_results import FrozenResults
from din_core.sharing.page_choices import PinnedChoice

HOW = T(
    "*Pin scenario* stands on *Inspect* and *What if*. Pin a scenario there, open another one, and pin that, too: here "
    "both stand side by side, with what differs. The link of this page holds both."
)
BEHAVIORS = T(
    "Each model's own weights × repeats, and what the logit loses without the behavior. Weights of two models are not "
    "on one scale; effects are logits everywhere."
)


def page() -> Page:
    """Where this page stands."""
    return page_of(PINNED, show)


def show() -> None:
    """The page, from what is pinned and the store as it is now."""
    app, own = caches.current_app(), visitor.session()
    report(own.problems)
    st.header(t("Two pinned scenarios"), anchor=False)
    show_buttons()
    pins = [open_pin(app, text) for text in pinned()]
    if len(pins) < MOST:
        st.markdown(t(HOW), width=860)
    st.html(f"<style>{PART_CSS}</style>")
    found = []
    for column, opened in zip(st.columns(MOST, gap="large"), pins, strict=False):
        with column:
            found.append(show_one(app, opened))
    if len(found) == MOST and found[0] is not None and found[1] is not None:
        show_both(found[0], found[1])


def show_buttons() -> None:
    """Pin what is on screen elsewhere, or let the two change places."""
    scenario, held = visitor.session().scenario, pinned()

    def change(text: str) -> None:
        problem = pin(text)
        address.record_choice((problem,) if problem else ())

    def turn() -> None:
        turn_round()
        address.record_choice()

    with st.container(horizontal=True, key="pin_buttons"):
        text = "" if scenario is None else pin_text(scenario, WHAT_IF)
        unfit = not text or text in held
        st.button(t("Pin what is on screen"), key="pin_scenario", disabled=unfit, on_click=change, args=(text,))
        if len(held) == MOST:
            st.button(t("Let the two change places"), key="pins_turn", on_click=turn)
        if text in held:
            st.caption(t("What is on screen is pinned."))


def show_one(app: App, opened: OpenedPin) -> FrozenResults | None:
    """One scenario's answer, with the way to all of it; None where it cannot be computed."""
    report(opened.problems)
    scenario, results = opened.scenario, None
    if scenario is not None:
        try:
            results = results_of(app, scenario, edited=True)
            st.html(brief_html(content_of(results), level=3))
            if scenario.edits:
                link_to_page(what_if_page.page(), t("Open in *What if*"), scenario)
            else:
                link_to_page(inspect_page.page(), t("Open in *Inspect*"), scenario)
        except StoreFailure:
            raise
        except DinLensError as error:
            report([sentence(error)])

    def let_go() -> None:
        unpin(opened.text)
        address.record_choice()

    st.button(t("Unpin"), key=f"unpin_{pinned().index(opened.text)}", on_click=let_go)
    return results


def show_both(first: FrozenResults, second: FrozenResults) -> None:
    """What differs: chances, chances without each part, and behavior by behavior."""
    st.subheader(t("What differs"), anchor=False)
    show_differences(differences(first, second), t("First"), t("Second"))
    st.subheader(t("Behavior by behavior"), anchor=False)
    show_records("pinned_behaviors_table", behavior_records(first, second), PinnedChoice, most=IN_BOX)
    st.caption(t(BEHAVIORS))
