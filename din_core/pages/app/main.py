"""The main script: start the app, follow the address bar, show the page, write the address."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import streamlit as st

from din_core.domain import DinLensError
from din_core.pages.access.roles import Role
from din_core.pages.access.sign_in import role_of_visit
from din_core.pages.access.sign_in_page import show_refusal, sign_out_button
from din_core.pages.app.startup import App, from_environment
from din_core.pages.brief import page as brief_page
from din_core.pages.brief import signed_brief
from din_core.pages.browser.inbox import dispatch
from din_core.pages.cases import page as cases_page
from din_core.pages.cohorts import page as cohorts_page
from din_core.pages.compare import page as compare_page
from din_core.pages.data import page as data_page
from din_core.pages.evolution import page as evolution_page
from din_core.pages.inspect import page as inspect_page
from din_core.pages.item_space import page as item_space_page
from din_core.pages.language import translate as language
from din_core.pages.language.translate import t
from din_core.pages.models import page as models_page
from din_core.pages.pinned import page as pinned_page
from din_core.pages.pinned.pin_button import pin_button
from din_core.pages.places.navigation import navigation
from din_core.pages.places.page_links import link_to_page, pages_of
from din_core.pages.places.places import (
    CASES,
    CATALOGUE,
    COHORTS,
    DATA,
    EVOLUTION,
    INSPECT,
    ITEM_SPACE,
    LEADERBOARD,
    PINNED,
    SCENARIOS,
    SCORE_GAP,
    SNAPSHOTS,
    TOUR,
    TRUST,
    TWO_MODELS,
    WHAT_IF,
    mode_at,
)
from din_core.pages.quick_open.quick_open import quick_open
from din_core.pages.rank import page as rank_page
from din_core.pages.score_gap import page as score_gap_page
from din_core.pages.session import address, caches, visitor
from din_core.pages.session.short_links import read_address
from din_core.pages.session.turns import in_turn
from din_core.pages.snapshots import page as snapshots_page
from din_core.pages.snapshots import snapshot
from din_core.pages.snapshots.keep import keep_button
from din_core.pages.tour import page as tour_page
from din_core.pages.tour.offer import offer_tour
from din_core.pages.trust import page as trust_page
from din_core.pages.two_models import page as two_models_page
from din_core.pages.what_if import page as what_if_page
from din_core.pages.widgets.copy_link.copy_link import copy_link
from din_core.pages.widgets.failures import failures_shown
from din_core.pages.widgets.footer import footer
from din_core.pages.widgets.frame import header, report, tab_title, tagline
from din_core.pages.widgets.reach_tables.reach_tables import reach_tables

# Pages whose runs take a fraction of a second, and which most visitors are on: they take turns. (A comment: Streamlit
# would write a text on the page.)
BRIEF_RUNS = (INSPECT, WHAT_IF)
ICON = Path(__file__).with_name("icon.svg")


def wait_for_app() -> App:
    """The app; until it is there, the page says how far the start is."""
    place = st.empty()
    try:
        start = caches.startup(*from_environment())
        app = start.wait(0)
        while app is None:
            stage = start.stage
            place.progress(stage.share or 0.0, text=f"{t(stage.text, step=t(stage.step))} …")
            app = start.wait(0.1)
    except DinLensError as error:
        report([error.text])
        st.button(t("Try again"), on_click=caches.startup.clear)
        st.stop()
    place.empty()
    return app


PAGES = {
    INSPECT: inspect_page,
    WHAT_IF: what_if_page,
    SCENARIOS: compare_page,
    CATALOGUE: rank_page,
    TWO_MODELS: two_models_page,
    SCORE_GAP: score_gap_page,
    PINNED: pinned_page,
    CASES: cases_page,
    COHORTS: cohorts_page,
    SNAPSHOTS: snapshots_page,
    LEADERBOARD: models_page,
    TRUST: trust_page,
    ITEM_SPACE: item_space_page,
    EVOLUTION: evolution_page,
    DATA: data_page,
    TOUR: tour_page,
}
role = role_of_visit()
raw = read_address()[0] if role else {"lang": st.query_params.get_all("lang")}
language.begin_with(next(reversed(raw.get("lang", [])), None))
pages = {mode: pages_of(mode, module.show) for mode, module in PAGES.items()}
page = st.navigation([one for places in pages.values() for one in places], position="hidden")
mode = mode_at(page.url_path)
is_brief, kept, signed = brief_page.is_asked(raw), snapshot.slug_of(raw), signed_brief.token_of(raw)
is_shared = kept is not None or signed is not None
is_refused = role is not Role.ANALYST and not (role is Role.VIEWER and is_shared)
is_narrow = is_brief or is_refused or is_shared
st.set_page_config(page_title=tab_title(mode), page_icon=str(ICON), layout="centered" if is_narrow else "wide")
if is_refused:
    with failures_shown():
        show_refusal(role)
    st.stop()
if kept is not None:
    with failures_shown():
        snapshot.show(kept, wait_for_app if role is Role.ANALYST else None)
    sign_out_button()
    st.stop()
if signed is not None:
    with failures_shown():
        signed_brief.show(signed, wait_for_app)
    sign_out_button()
    st.stop()
if is_brief:
    with failures_shown():
        wait_for_app()
        brief_page.show(mode, raw)
    st.stop()
rows = header()
with failures_shown():
    app = wait_for_app()
    with in_turn() if mode in BRIEF_RUNS else nullcontext():
        dispatch()
        spoken = language.current()
        address.follow_address(app, page.url_path)
        if language.current() != spoken:  # the header is in another one already
            st.rerun()
        address.enter_page(page.url_path)
        if mode not in (WHAT_IF, PINNED):
            what_if_page.remind(visitor.session().scenario)
        shown = address.query()
        there = {one: page if one is mode else found[0] for one, found in pages.items()}
        without = () if evolution_page.is_chosen(app, visitor.session().scenario) else (EVOLUTION,)
        # Before the page: what comes later would push it down.
        navigation(rows, there, mode, without=without, address=address.query)
        with rows.quick_open:
            quick_open(app)
        with rows.beside:
            if not offer_tour(mode, there[TOUR]):
                tagline()
        with rows.copy:
            copy_link()
            if mode in (INSPECT, WHAT_IF):
                pin_button(mode)
                keep_button(mode)
        page.run()
        if address.query() != shown:  # the page could not show all of it
            st.rerun()
        address.write_address()
        if mode not in (INSPECT, WHAT_IF):  # those two draw their tables themselves
            reach_tables()
        scenario = visitor.session().scenario
        cards = caches.models_on_screen(scenario) if scenario is not None and mode is INSPECT else ()
        footer(app, lambda label: link_to_page(there[DATA], label), cards)
        sign_out_button()
