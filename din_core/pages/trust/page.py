"""Trust: whether one model can be trusted, by what is stored of its weights and its probabilities."""

from __future__ import annotations

from streamlit.navigation.page import Page

from din_core.pages.places.page_links import link_to_page, page_of
from din_core.pages.places.places import TRUST


def page() -> Page:
    """Where this page stands."""
    return page_of(TRUST, show)


def link(label: str) -> None:
    """The way to this page, with what is on screen; `label` is Markdown."""
    link_to_page(page(), label)


def show() -> None:
    """The page; what it shows is imported here, as it needs torch, which takes seconds."""
    from din_core.pages.trust.view import show

    show()
