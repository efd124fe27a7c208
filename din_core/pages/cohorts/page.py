"""Cohorts: what weights are on average over any part of the impressions, and how well the models do there."""

from __future__ import annotations

from streamlit.navigation.page import Page

from din_core.pages.places.page_links import page_of
from din_core.pages.places.places import COHORTS


def page() -> Page:
    """Where this page stands."""
    return page_of(COHORTS, show)


def show() -> None:
    """The page; what it shows is imported here, as it needs torch, which takes seconds."""
    from din_core.pages.cohorts.view import show

    show()
