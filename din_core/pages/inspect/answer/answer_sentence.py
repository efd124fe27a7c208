"""The answer in a sentence: room above all else on the page, which the instrument below fills."""

from __future__ import annotations

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.sources import source

HTML = source("inspect/answer/answer_sentence.html")
CSS = source("browser/base.css", "inspect/answer/answer_sentence.css")
JS = source(
    "browser/sender.js",
    "browser/component.js",
    "inspect/answer/answer_event.js",
    "inspect/answer/answer_sentence.js",
)


def show_answer_sentence() -> None:
    """The room; it keeps its height while the sentence is on the way."""
    st.components.v2.component("din_lens.answer_sentence", html=HTML, css=CSS, js=by_url(JS))(key="answer_sentence")
