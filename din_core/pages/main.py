"""The main script: start the app, follow the address bar, show the page, write the address."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from din_core.domain import DinLensError
from din_core.pages import (
    cases_page,
    cohorts_page,
    compare_page,
    data_page,
    evolution_page,
    inspect_page,
    item_space_page,
    models_page,
    rank_page,
    state,
    tour_page,
    what_if_page,
)
from din_core.pages.chrome import footer, header, navigation, report
from din_core.pages.components.reach_tables_box import reach_tables
from din_core.pages.components.told import hear
from din_core.pages.language import t
from din_core.pages.startup import App, from_environment

ICON = Path(__file__).with_name("icon.svg")


def wait_for_app() -> App:
    """The app; until it is there, the page says how far the start is."""
    place = st.empty()
    try:
        start = state.startup(*from_environment())
        app = start.wait(0)
        while app is None:
            stage = start.stage
            place.progress(stage.share or 0.0, text=f"{t(stage.text, step=t(stage.step))} …")
            app = start.wait(0.1)
    except DinLensError as error:
        report([error.said])
        st.button(t("Try again"), on_click=state.startup.clear)
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
app = wait_for_app()
hear()
state.follow_address(app)
state.enter(page.url_path)
if page is not pages[1]:
    what_if_page.remind(state.session().scenario)
shown = state.query()
navigation(pages, place, state.query)  # before the page: what comes later would push it down
page.run()
if state.query() != shown:  # the page could not show all of it
    st.rerun()
state.write_address()
if page not in pages[:2]:  # those two draw their tables themselves
    reach_tables()
scenario = state.session().scenario
footer(app, state.on_screen(scenario) if scenario is not None and inspecting else ())
