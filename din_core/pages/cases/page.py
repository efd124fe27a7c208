"""Cases: the impressions of a split that tell most about a model, a table a kind; each opens in Inspect."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from din_core.pages.language.translate import t


def page() -> Page:
    """Where this page stands."""
    return st.Page(show, title=t("Cases"), url_path="cases")


def show() -> None:
    """The page; what it shows is imported here, as it needs torch, which takes seconds."""
    from din_core.pages.cases.view import show

    show()
