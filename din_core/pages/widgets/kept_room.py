"""Room that is kept free for what is drawn a moment later, so that nothing below it moves."""

from __future__ import annotations

import streamlit as st

NARROW = "@media (max-width: 640px)"


def keep_no_room() -> None:
    """Have the browser fetch what shows such rules, so that those of the page count as soon as they come."""
    st.html("<style>/* rooms */</style>")


def keep_room(key: str, height: float, narrow: float | None = None) -> None:
    """Pixels that the element or container of this key takes at least; `narrow` on a phone, where that is another."""
    own = f"#root .st-key-{key}"  # counts more than the room that all elements of a kind have
    phone = "" if narrow is None else f" {NARROW} {{ {own} {{ min-height: {narrow:g}px }} }}"
    st.html(f"<style>{own} {{ min-height: {height:g}px }}{phone}</style>")
