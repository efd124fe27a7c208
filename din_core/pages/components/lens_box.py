"""The lens: scores, activation chart and table of the candidates of one time, drawn in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import streamlit as st

from din_core.pages.components.sources import source
from din_core.pages.components.told import listen
from din_core.sharing import View

NAME = "din_lens.lens"
HTML = source("lens/lens.html")
CSS = source("base.css", "lens/lens.css")
JS = source(
    "say.js",
    "tell.js",
    "lens/format.js",
    "sheet.js",
    "lens/labels.js",
    "lens/pen.js",
    "lens/chart.js",
    "lens/entries.js",
    "lens/table.js",
    "lens/tiles.js",
    "lens/reasons.js",
    "lens/save.js",
    "lens/lens.js",
)


def lens(
    key: str,
    common: str,
    models: Mapping[str, str],
    effects: Mapping[tuple[str, int], str],
    *,
    revision: str,
    epoch: int,
    selected: str,
    chosen: Sequence[str],
    view: View,
    on_went: Callable[[str], None],
    on_wish: Callable[[str], None],
) -> None:
    """Show the lens: `common`, the text of each model it holds, by link name, and effects, by model and case.

    `revision` is another when any of these texts is another than before; more models may join under the same.
    Whenever `epoch` is another, it goes to the candidate `selected` and the models `chosen`, and takes over `view`.
    `on_went` gets the query string of where the lens went by itself; `on_wish` is told what the lens may
    need soon and does not hold: `models` or `effects`.
    """

    def went(query: object) -> None:
        on_went(str(query))

    def wished(what: object) -> None:
        on_wish(str(what))

    head = {
        "revision": revision,
        "epoch": epoch,
        "selected": selected,
        "chosen": list(chosen),
        "models": list(models),
        "effects": list(effects),
        "view": asdict(view),
    }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=JS)
    text = "\n".join([json.dumps(head), common, *models.values(), *effects.values()])
    mount(key=key, data=text.encode(), **listen(key, {"went": went, "wish": wished}))
