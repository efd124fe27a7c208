"""The instrument of *What if*: scores, the steps of edits, and the history as one editable list, in the browser."""

from __future__ import annotations

from collections.abc import Callable

from din_core.pages.browser.instrument import InstrumentSource
from din_core.pages.browser.protocol import WHAT_IF, Payload, Report
from din_core.pages.browser.sources import source

JS = source(
    "browser/format.js",
    "browser/say.js",
    "browser/sender.js",
    "browser/component.js",
    "browser/client.js",
    "what_if/browser/tiles.js",
    "what_if/browser/steps.js",
    "what_if/browser/fields.js",
    "what_if/browser/list.js",
    "what_if/browser/what_if.js",
)
EDIT_LIST = InstrumentSource(
    name="din_lens.what_if",
    html=source("what_if/browser/what_if.html"),
    css=source("browser/base.css", "what_if/browser/what_if.css"),
    js=JS,
    path=WHAT_IF,
)


def show_edit_list(
    payload: Payload, *, link: str, epoch: int, add_at: str | None, on_report: Callable[[Report], None]
) -> None:
    """Show the instrument at the scenario of `link`, as long as `epoch` is another than before.

    Otherwise it knows better where it is: it does by itself what is done in it (`route.py`), and tells `on_report`.
    `add_at` is the time at which an item from the search box joins the history; None: as the newest.
    """
    EDIT_LIST.mount("what_if", payload, epoch=epoch, on_report=on_report, link=link, addAt=add_at)
