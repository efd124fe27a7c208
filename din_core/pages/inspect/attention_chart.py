"""The lens: scores, activation chart and table of the candidates of one time, drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages.browser import keyed_route as keyed
from din_core.pages.browser.endpoints import LENS
from din_core.pages.browser.inbox import last_heard, listen
from din_core.pages.browser.message import message as lines
from din_core.pages.browser.sources import source
from din_core.sharing import View

if TYPE_CHECKING:
    from din_core.pages.inspect.payload_cache import Sight

NO_EFFECTS: Mapping[tuple[str, int], str] = {}
NAME = "din_lens.lens"
HTML = source("inspect/browser/attention_chart.html")
CSS = source("browser/base.css", "inspect/browser/attention_chart.css")
JS = source(
    "browser/say.js",
    "browser/tell.js",
    "browser/endpoint.js",
    "inspect/browser/format.js",
    "browser/spreadsheet.js",
    "inspect/browser/labels.js",
    "browser/drawing.js",
    "inspect/browser/chart.js",
    "inspect/browser/entries.js",
    "inspect/browser/table.js",
    "inspect/browser/tiles.js",
    "inspect/browser/reasons.js",
    "inspect/browser/save.js",
    "inspect/browser/attention_chart.js",
)


def lens(
    key: str,
    sight: Sight,
    effects: Mapping[tuple[str, int], str],
    *,
    epoch: int,
    selected: str,
    chosen: Sequence[str],
    view: View,
    on_went: Callable[[str], None],
) -> None:
    """Show the lens: a sight of the scenario, and measured effects by model and case.

    Whenever `epoch` is another, it goes to the candidate `selected` and the models `chosen`, and takes over `view`;
    otherwise the lens knows better where it is. `on_went` gets the query string of where it went by itself. What it
    needs beyond the sight it asks for at `lens_route`.
    """

    def went(query: object) -> None:
        on_went(str(query))

    heard = listen(key, {"went": went})
    head = {
        "epoch": epoch,
        "selected": selected,
        "chosen": list(chosen),
        "view": asdict(view),
        "heard": last_heard(key, "went"),
        "door": keyed.door(LENS),
    }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=JS)
    mount(key=key, data=message(sight.revision, head, sight.common, sight.models, effects), **heard)


def message(
    revision: str,
    head: Mapping[str, object],
    common: str,
    models: Mapping[str, str],
    effects: Mapping[tuple[str, int], str] = NO_EFFECTS,
) -> bytes:
    """A line that says what comes, one that all models share, one for each model and one for each case's effects.

    `revision` is another when any of these texts is another than before.
    """
    first = {"revision": revision, **head, "models": list(models), "effects": list(effects)}
    return lines(first, common, *models.values(), *effects.values())
