"""What a component of the page tells the server."""

from __future__ import annotations

from typing import Any

import streamlit as st


def told(key: str, name: str) -> Any:
    """A component's value; None once the component has left the page, as its last word may come after that."""
    found = st.session_state.get(key)
    return None if found is None else getattr(found, name)
