"""What is pointed at in a table about the map gets a ring on the map, and a point its row: all within the browser."""

from __future__ import annotations

import streamlit as st

from din_core.pages.browser.sources import source

NAME = "din_lens.map_marks"
JS = source("widgets/record_table/mark_event.js", "item_space/browser/map_marks.js")


def map_marks() -> None:
    """Mount it once a page; it shows nothing until something is pointed at."""
    st.components.v2.component(NAME, html="<span></span>", js=JS)(key="map_marks", height=1)
