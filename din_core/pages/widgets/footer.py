"""What stands below every page: where the data comes from, and on Inspect the cards of the models on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from textwrap import shorten

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.language.translate import t
from din_core.pages.widgets.frame import literal
from din_core.pages.widgets.model_card import show_card

NOTICE = 100
"""Characters of where the data comes from that stand below each page; the page *Data* has all of them."""


def footer(app: App, link_to_data: Callable[[str], None], cards: Iterable[str] = ()) -> None:
    """The cards of these models, and in one line where the data comes from, with a link of that label to its page."""
    for name in cards:
        show_card(app.scorers[name].card, t("Model card: {model}", model=app.models[name].name))
    provenance = app.summary.provenance or t("The store does not say where its data comes from.")
    short = shorten(provenance.splitlines()[0], NOTICE, placeholder=" …")
    with st.container(key="footer", horizontal=True, vertical_alignment="center"):
        st.caption(t("Data: {provenance}", provenance=literal(short)), width="content")
        link_to_data(t("About the data"))
