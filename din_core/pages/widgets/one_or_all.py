"""A box with all of something and each of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st
from streamlit.elements.lib.layout_utils import WidthWithoutContent

ALL = ""
"""The choice of everything; a box whose choice is None would offer to clear it."""


def one_or_all(
    key: str,
    label: str,
    values: Iterable[Any],
    value: Any,
    words: Callable[[Any], str],
    keep: Callable[[Any], None],
    width: WidthWithoutContent = "stretch",
) -> None:
    """`value` is chosen, None for all; `keep` gets another one once it is. `words` are what the visitor reads, of ALL
    too."""

    def change() -> None:
        chosen = st.session_state[key]
        keep(None if chosen == ALL else chosen)

    options: list[Any] = [ALL, *values]
    st.session_state[key] = ALL if value is None else value
    st.selectbox(label, options, format_func=words, key=key, on_change=change, width=width)
