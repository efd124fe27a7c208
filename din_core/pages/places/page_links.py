"""Streamlit's pages of the modes, and links to them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Scenario
from din_core.pages.language.translate import t
from din_core.pages.places.places import Mode
from din_core.pages.session import address
from din_core.sharing import View


def page_of(mode: Mode, show: Callable[[], None]) -> Page:
    """Where a mode stands; `show` draws it."""
    return st.Page(show, title=t(mode.title), url_path=mode.path)


def pages_of(mode: Mode, show: Callable[[], None]) -> list[Page]:
    """The same, and where links of earlier releases look for it."""
    if mode.former is None:
        return [page_of(mode, show)]
    former = st.Page(show, title=t(mode.title), url_path=mode.former, default=mode.former == "")
    return [page_of(mode, show), former]


def link_to_page(
    there: Page, label: str, scenario: Scenario | None = None, view: View | None = None, choice: object | None = None
) -> None:
    """The way to a page, with what is on screen or with another scenario, view or choice on it; `label` is Markdown."""
    query = address.query(there.url_path, scenario, view, choice)
    st.page_link(there, label=label, icon=":material/arrow_forward:", query_params=query)
