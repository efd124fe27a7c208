"""The lens: scores, activation chart and table of the candidates of one time, drawn in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from din_core.pages.components.sources import source
from din_core.pages.lens_data import LensData
from din_core.sharing import View

NAME = "din_lens.lens"
HTML = source("lens/lens.html")
CSS = source("lens/lens.css")
JS = source("lens/format.js", "lens/chart.js", "lens/table.js", "lens/lens.js")


def lens(key: str, data: LensData, *, epoch: int, selected: str, view: View, on_went: Callable[[str], None]) -> None:
    """Show the lens. Whenever `epoch` is another, it goes to the candidate `selected` and takes over `view`.

    `on_went` gets the query string of where the lens went by itself.
    """

    def arrived() -> None:
        query = st.session_state[key].went
        if query:
            on_went(str(query))

    head = {
        "revision": data.revision,
        "epoch": epoch,
        "selected": selected,
        "view": {"sort": view.sort, "scale": view.scale},
    }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=JS)
    mount(key=key, data=f"{json.dumps(head)}\n{data.body}".encode(), on_went_change=arrived)
