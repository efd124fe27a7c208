"""The lens: scores, activation chart and table of the candidates of one time, drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages import keyed
from din_core.pages.components.message import message as lines
from din_core.pages.components.sources import source
from din_core.pages.components.told import last_heard, listen
from din_core.pages.door import LENS
from din_core.sharing import View

if TYPE_CHECKING:
    from din_core.pages.sights import Sight

NO_EFFECTS: Mapping[tuple[str, int], str] = {}
NAME = "din_lens.lens"
HTML = source("lens/lens.html")
CSS = source("base.css", "lens/lens.css")
JS = source(
    "say.js",
    "tell.js",
    "door.js",
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
