"""The title of a step of the tour, which comes into sight when the visitor goes to another step."""

from __future__ import annotations

import streamlit as st

from din_core.pages.browser.sources import source

NAME = "din_lens.step_title"
JS = source("tour/browser/step_title.js")


def step_title(title: str, caption: str, step: int) -> None:
    """The heading of this step, with a line above it."""
    with st.container(key="tour_title"):
        st.caption(caption)
        st.header(title, anchor=False)
    mount = st.components.v2.component(NAME, html="<span></span>", js=JS)
    mount(key="step_title", data=str(step).encode(), height=1)
