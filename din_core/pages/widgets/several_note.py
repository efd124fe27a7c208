"""What a page says where items have several values of the field that it counts and colours by."""

from __future__ import annotations

import streamlit as st

from din_core.pages.app.startup import App
from din_core.pages.language.labels import field_label
from din_core.pages.language.translate import T, t

FIRST = T(
    "{field}: an item with several values counts here as the first of them, so that the parts add up to the whole."
)


def show_several_note(app: App, field: str | None) -> None:
    """A sentence where the store's items may have several values of the field."""
    if field is not None and field in app.store.several_item_fields():
        st.caption(t(FIRST, field=field_label(field)))
