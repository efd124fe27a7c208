"""A brief (`view=brief` in the address of a scenario): its answer for someone who never heard of the model.

No pickers and no navigation; nothing of the visit's own state is read or written, only the address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from din_core.pages.brief.content import content_of
from din_core.pages.brief.freeze import results_of
from din_core.pages.brief.html import CSS, brief_html
from din_core.pages.places.places import WHAT_IF, Mode
from din_core.pages.session import caches
from din_core.pages.widgets.frame import report
from din_core.sharing import parse, resolve

PARAMETER, BRIEF = "view", "brief"


def is_asked(raw: Mapping[str, Sequence[str]]) -> bool:
    """Whether the address asks for a brief."""
    return list(raw.get(PARAMETER, ())) == [BRIEF]


def show(mode: Mode, raw: Mapping[str, Sequence[str]]) -> None:
    """The brief of the address; at the path of *What if* after its edits, else of the history as it was."""
    app = caches.current_app()
    link, unread = parse(raw)
    found = resolve(link, app.store, app.setting)
    st.html(f"<style>{CSS}</style>")
    report((*unread, *found.problems))
    if found.scenario is None:
        return
    content = content_of(results_of(app, found.scenario, edited=mode is WHAT_IF))
    st.set_page_config(page_title=content.title)
    st.html(brief_html(content, href_of(raw), new_tab=bool(st.context.is_embedded)))


def href_of(raw: Mapping[str, Sequence[str]]) -> str:
    """Where the full analysis of the same address is, relative to it."""
    kept = {name: values for name, values in raw.items() if name not in (PARAMETER, "embed", "embed_options")}
    return "?" + urlencode(kept, doseq=True, safe=":,@")
