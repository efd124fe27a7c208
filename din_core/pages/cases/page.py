"""Cases: the impressions of a split that tell most about a model, a table a kind; each opens in Inspect."""

from __future__ import annotations

from streamlit.navigation.page import Page

from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import CASES


def page() -> Page:
    """Where this page stands."""
    return page_of(CASES, show)


def show() -> None:
    """The page; what it shows is imported here, as it needs torch, which takes seconds."""
    from din_core.pages.cases.view import show

    show()
