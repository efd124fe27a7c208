"""*Pin scenario*: keeps the scenario on screen, to be put beside another one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from din_core.domain import Scenario
from din_core.pages.brief.content import title_of
from din_core.pages.language.answer_texts import short_names
from din_core.pages.language.labels import labels_by_id, words_for
from din_core.pages.language.translate import T, t
from din_core.pages.pinned import page as pinned_page
from din_core.pages.pinned.pins import MOST, open_pin, pin, pin_text, pinned
from din_core.pages.places.page_links import link_to_page
from din_core.pages.places.places import Mode
from din_core.pages.session import caches, visitor
from din_core.pages.widgets.failures import shows_failures
from din_core.pages.widgets.frame import literal, report

LEAD = T("Pin two scenarios, of any user, candidate, model or edits, and see them side by side.")


@st.fragment
@shows_failures
def pin_button(mode: Mode) -> None:
    """The button, on *Inspect* and *What if*; nothing is computed before it is pressed."""
    scenario = visitor.session().scenario
    if scenario is None:
        return
    with st.popover(t("Pin scenario"), key="pin_room", on_change="rerun", wrap=False) as opened:
        if opened.open:
            show_pins(pin_text(scenario, mode))


def show_pins(text: str) -> None:
    """What is pinned, and the way to both."""
    st.markdown(t(LEAD))
    held = pinned()
    if st.button(t("Pin what is on screen"), key="pin_scenario", type="primary", disabled=text in held):
        problem = pin(text)
        report([problem] if problem else [])
        held = pinned()
    if text in held:
        st.caption(t("What is on screen is pinned."))
    for place, name in enumerate(names_of(held), 1):
        st.markdown(f"{place} · {literal(name)}")
    if len(held) == MOST:
        link_to_page(pinned_page.page(), t("Side by side"))


def names_of(pins: Sequence[str]) -> list[str]:
    """`Stout for Household 7`, and how many edits there are, of each."""
    app = caches.current_app()
    scenarios = [open_pin(app, text).scenario for text in pins]
    items = [app.store.item(one.candidate_ids[0]) for one in scenarios if one is not None]
    titles = short_names(items, labels_by_id(items))

    def name(scenario: Scenario | None) -> str:
        if scenario is None:
            return t("no scenario of this store")
        called = title_of(titles[scenario.candidate_ids[0]], scenario.user_id, words_for(app.summary))
        edits = len(scenario.edits)
        return called if not edits else t("{name}, edits: {n}", name=called, n=edits)

    return [name(scenario) for scenario in scenarios]
