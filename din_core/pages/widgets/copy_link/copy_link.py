"""*Copy link*, on every page: to this view, or to a brief of it for others."""

from __future__ import annotations

import json

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.instrument import endpoint
from din_core.pages.browser.protocol import HISTORY_MARK, SHORT_LINK, SIGNED_LINK
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import address
from din_core.sharing.signed_links import is_signing

NAME = "din_lens.copy_link"
HTML = source("widgets/copy_link/copy_link.html")
CSS = source("widgets/copy_link/copy_link.css")
JS = source("browser/say.js", "widgets/copy_link/link_event.js", "widgets/copy_link/copy_link.js")
HEIGHT = 34
"""Pixels, kept free before the button is there."""


def copy_link() -> None:
    """The button and its menu."""
    places = {"inspect": INSPECT.path, "whatIf": WHAT_IF.path}
    signing = {"signed": endpoint(SIGNED_LINK)} if is_signing() else {}
    asked = {"endpoint": endpoint(SHORT_LINK), "mark": endpoint(HISTORY_MARK), **signing}
    data = {**places, **asked, "questions": address.questions_on_screen(), "texts": spoken(JS)}
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=by_url(JS))
    mount(key="copy_link", data=json.dumps(data, ensure_ascii=False).encode(), height=HEIGHT, width="content")
