"""A searched combobox: the search runs on the server, only the matches travel. Thousands of options stay there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.inbox import last_handled, subscribe
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken
from din_core.pages.widgets.failures import shows_failures

NAME = "din_lens.combobox"
HTML = source("widgets/search_box/combobox.html")
CSS = source("widgets/search_box/combobox.css")
JS = source("browser/say.js", "browser/sender.js", "browser/component.js", "widgets/search_box/combobox.js")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. People read `label` and `note`; `id` is what the choice is."""

    id: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The first matches of a search and how many there are in all."""

    options: Sequence[Option]
    total: int
    instead: str = ""
    """The text that these are the matches of, where the typed one has none."""


@st.fragment
@shows_failures
def search_box(
    key: str,
    label: str,
    *,
    noun: str,
    placeholder: str,
    selected: Option | None,
    typed: dict[str, str],
    search: Callable[[str], Found],
    on_pick: Callable[[str], None],
) -> None:
    """Show the field. A typed text reruns only this fragment; a choice reruns the whole page after `on_pick`.

    `typed` holds, under `key`, the text being searched; `noun` names what is searched, in the plural.
    """

    def searched(text: object) -> None:
        typed[key] = str(text or "")

    def picked(choice: object) -> None:
        on_pick(str(choice))

    data: dict[str, Any] = {
        "key": key,
        "texts": spoken(JS),
        "label": label,
        "noun": noun,
        "placeholder": placeholder,
        "selected": selected and {"id": selected.id, "label": selected.label},
        "results": None,
        "handled": last_handled(key, "query"),
    }
    text = typed.get(key)
    if text is not None:
        found = search(text)
        data["results"] = {
            "text": text,
            "total": found.total,
            "instead": found.instead,
            "options": [{"id": o.id, "label": o.label, "note": o.note} for o in found.options],
        }
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=by_url(JS))
    with st.container(key=f"search_box_{key}"):
        mount(key=key, data=data, **subscribe(key, {"query": searched, "pick": picked}, whole_page=["pick"]))
