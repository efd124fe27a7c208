"""*Go to*, on every page: Ctrl K, a name, Enter."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.app.startup import App
from din_core.pages.browser.inbox import last_handled, subscribe
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken
from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import t
from din_core.pages.quick_open.destinations import destinations
from din_core.pages.session import visitor
from din_core.pages.widgets.failures import shows_failures

NAME = "din_lens.quick_open"
HTML = source("quick_open/quick_open.html")
CSS = source("quick_open/quick_open.css")
JS = source("browser/say.js", "browser/sender.js", "browser/component.js", "quick_open/quick_open.js")
KEY = "quick_open"
HEIGHT = 34
"""Pixels, kept free before the button is there."""


@dataclass
class AskedText:
    """What a visitor typed last; None before anything was asked."""

    text: str | None = None


@st.fragment
@shows_failures
def quick_open(app: App) -> None:
    """The button, and what it opens; nothing is looked up before it is opened, and a text reruns this alone."""
    asked = visitor.session().of(AskedText)

    def ask(text: object) -> None:
        asked.text = str(text or "")

    data = {
        "texts": spoken(JS),
        "placeholder": t("Pages, models, items, {people}", people=words_for(app.summary).people),
        "handled": last_handled(KEY, "query"),
        "text": asked.text,
        "found": None,
    }
    if asked.text is not None:
        found = destinations(app, asked.text, visitor.session().scenario)
        data["found"] = [asdict(one) for one in found]
        asked.text = None  # another run has nothing to look up again
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=by_url(JS))
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    mount(key=KEY, data=text.encode(), height=HEIGHT, width="content", **subscribe(KEY, {"query": ask}))
