"""The what-if instrument: scores, the trail of edits, and the history as one editable list, drawn in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from din_core.pages.components.sources import source
from din_core.pages.components.spoken import spoken
from din_core.pages.components.told import listen

NAME = "din_lens.what_if"
HTML = source("what_if/what_if.html")
CSS = source("base.css", "what_if/what_if.css")
JS = source(
    "lens/format.js",
    "say.js",
    "tell.js",
    "what_if/tiles.js",
    "what_if/trail.js",
    "what_if/fields.js",
    "what_if/list.js",
    "what_if/what_if.js",
)


def what_if_box(key: str, data: dict[str, Any], *, heard: int, on_acts: Callable[[int, list[Any]], None]) -> None:
    """Show the instrument. `on_acts` gets a message's number and what was done, in its order.

    `heard` is the number of the last message that was heard: the next one goes off when this one is answered.
    """

    def acted(message: object) -> None:
        number, acts = json.loads(str(message))
        on_acts(int(number), acts)

    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=JS)
    text = json.dumps({**data, "heard": heard, "texts": spoken(JS)}, separators=(",", ":"), ensure_ascii=False)
    mount(key=key, data=text.encode(), **listen(key, {"acts": acted}))
