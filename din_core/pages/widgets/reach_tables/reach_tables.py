"""What lets the keyboard scroll the page's tables where they are wider than the page."""

from __future__ import annotations

import json

import streamlit as st

from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken

NAME = "din_lens.reach_tables"
JS = source("browser/say.js", "widgets/reach_tables/reach_tables.js")


def reach_tables() -> None:
    """Mount it once a page; it shows nothing."""
    mount = st.components.v2.component(NAME, html="<span></span>", js=JS)
    mount(key="reach_tables", data=json.dumps({"texts": spoken(JS)}, ensure_ascii=False).encode(), height=1)
