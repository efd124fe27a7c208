"""Which set of users a page is restricted to, and the way back to everybody."""

from __future__ import annotations

import streamlit as st

from din_core.pages.language.labels import words_for
from din_core.pages.language.translate import t
from din_core.pages.session import address, caches, visitor
from din_core.pages.widgets.frame import literal
from din_core.sharing.user_set import UserSet


def show_set_bar(note: str = "") -> UserSet | None:
    """The set, in a line with what it means here (`note`, Markdown); None, and nothing, without one."""
    own = visitor.session().user_set
    if own is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center", key="set_bar"):
        st.markdown(f"{literal(set_words(own))} {note}", width="content")
        st.button(t("Look at everybody again"), key="set_drop", on_click=drop_set)
    return own


def set_words(own: UserSet) -> str:
    """`Set “North”, households: 12.`"""
    people = words_for(caches.current_app().summary).people
    return t("Set “{name}”, {people}: {n:,}.", name=own.name, n=len(own.users), people=t(people))


def users_of_set() -> frozenset[str] | None:
    """The users that a page is restricted to; None for everybody."""
    own = visitor.session().user_set
    return None if own is None else frozenset(own.users)


def drop_set() -> None:
    """Look at everybody from now on."""
    visitor.session().user_set = None
    address.record_choice()
