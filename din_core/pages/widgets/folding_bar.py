"""Choices that stand side by side on a screen, and on a phone fold into one bar that says what is chosen."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from din_core.pages.language.translate import t

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def folding_bar(chosen: str) -> DeltaGenerator:
    """A room for choices; `chosen` says what they are now, or nothing where something is still to be chosen.

    The bar is the browser's own: to open it asks nothing of the server. Another choice folds it again.
    """
    with st.container(key="folding_bar"):
        with st.container(key="folding_bar_head"):
            st.html(
                f"<details class='folded_choices'{'' if chosen else ' open'}><summary>"
                f"<span>{escape(chosen)}</span><span>{escape(t('Choose'))}</span></summary></details>"
            )
        return st.container(key="folded_choices")
