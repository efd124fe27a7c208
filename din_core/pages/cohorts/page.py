"""Cohorts: what weights are on average over any part of the impressions, and how well the models do there."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from din_core.pages.language.translate import t


def page() -> Page:
    """Where this page stands."""
    return st.Page(show, title=t("Cohorts"), url_path="cohorts")


def show() -> None:
    """The page; what it shows is imported here, as it needs torch, which takes seconds."""
    from din_core.pages.cohorts.view import show

    show()
