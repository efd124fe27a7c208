"""The what-if instrument: scores, the trail of edits, and the history as one editable list, drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from din_core.pages.browser import keyed_route as keyed
from din_core.pages.browser.endpoints import WHAT_IF
from din_core.pages.browser.inbox import last_heard, listen
from din_core.pages.browser.message import message
from din_core.pages.browser.sources import source

if TYPE_CHECKING:
    from din_core.pages.what_if.payload_text import Sight

NAME = "din_lens.what_if"
HTML = source("what_if/browser/what_if.html")
CSS = source("browser/base.css", "what_if/browser/what_if.css")
JS = source(
    "inspect/browser/format.js",
    "browser/say.js",
    "browser/tell.js",
    "browser/endpoint.js",
    "what_if/browser/tiles.js",
    "what_if/browser/trail.js",
    "what_if/browser/fields.js",
    "what_if/browser/list.js",
    "what_if/browser/what_if.js",
)


def what_if_box(
    key: str, sight: Sight, *, link: str, epoch: int, add_at: str | None, on_went: Callable[[Mapping[str, Any]], None]
) -> None:
    """Show the instrument at the scenario of `link`, as long as `epoch` is another than before.

    Otherwise it knows better where it is: it does by itself what is done in it (`what_if_route.py`), and tells
    `on_went` `{link, said, acts}`: where it is, what could not be done, and what is still to do, where it got no
    answer. `add_at` is the time at which an item from the search box joins the history; None: as the newest.
    """

    def went(told: Any) -> None:
        on_went(told)

    heard = listen(key, {"went": went})
    head = {
        "revision": sight.revision,
        "link": link,
        "epoch": epoch,
        "addAt": add_at,
        "heard": last_heard(key, "went"),
        "door": keyed.door(WHAT_IF),
    }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=JS)
    mount(key=key, data=message(head, sight.text), **heard)
