"""A choice among a few that outlives the page it stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")


def segmented_choice(
    key: str, label: str, options: Mapping[Value, str], value: Value, keep: Callable[[Any], None]
) -> None:
    """One of the options, value → what the visitor reads; `keep` gets another one once it is chosen.

    Streamlit forgets a control's state when its page is left, so that `value` is set anew in every run.
    """
    st.session_state[key] = value
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        required=True,
        key=key,
        on_change=lambda: keep(st.session_state[key]),
    )
