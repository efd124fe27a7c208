"""The main script: start the app, follow the address bar, show the page, write the address."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from din_core.domain import DinLensError
from din_core.pages.app.startup import App, from_environment
from din_core.pages.browser.inbox import dispatch
from din_core.pages.cases import page as cases_page
from din_core.pages.cohorts import page as cohorts_page
from din_core.pages.compare import page as compare_page
from din_core.pages.data import page as data_page
from din_core.pages.evolution import page as evolution_page
from din_core.pages.inspect import page as inspect_page
from din_core.pages.item_space import page as item_space_page
from din_core.pages.language.translate import t
from din_core.pages.models import page as models_page
from din_core.pages.rank import page as rank_page
from din_core.pages.session import address, caches, visitor
from din_core.pages.tour import page as tour_page
from din_core.pages.what_if import page as what_if_page
from din_core.pages.widgets.failures import failures_shown
from din_core.pages.widgets.frame import footer, header, navigation, report
from din_core.pages.widgets.reach_tables.reach_tables import reach_tables

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


pages = [
    inspect_page.page(),
    what_if_page.page(),
    compare_page.page(),
    rank_page.page(),
    evolution_page.page(),
    item_space_page.page(),
    cases_page.page(),
    cohorts_page.page(),
    models_page.page(),
    data_page.page(),
    tour_page.page(),
]
page = st.navigation(pages, position="hidden")
inspecting = page is pages[0]
st.set_page_config(
    page_title="DIN Lens" if inspecting else f"{page.title} · DIN Lens", page_icon=str(ICON), layout="wide"
)
place = header()
with failures_shown():
    app = wait_for_app()
    dispatch()
    address.follow_address(app)
    address.enter_page(page.url_path)
    if page is not pages[1]:
        what_if_page.remind(visitor.session().scenario)
    shown = address.query()
    navigation(pages, place, address.query)  # before the page: what comes later would push it down
    page.run()
    if address.query() != shown:  # the page could not show all of it
        st.rerun()
    address.write_address()
    if page not in pages[:2]:  # those two draw their tables themselves
        reach_tables()
    scenario = visitor.session().scenario
    footer(app, caches.models_on_screen(scenario) if scenario is not None and inspecting else ())
