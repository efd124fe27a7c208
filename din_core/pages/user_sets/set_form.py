"""Naming a set of users on *Find*: those of ticked rows, of the rows listed, or of everything that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from din_core.pages.language.translate import t
from din_core.pages.session import address, visitor
from din_core.sharing.user_set import LONGEST_NAME, UserSet, fault_of


def show_set_form(sources: Mapping[str, Sequence[str]]) -> None:
    """A name, and whom it stands for; `sources` are users by what they are called on the page."""
    with st.popover(t("Make a set of users"), key="set_room", on_change="rerun") as opened:
        if not opened.open:
            return
        st.markdown(
            t("A set restricts *Cases*, *Cohorts*, *Scenarios* and *Trust* to its users, and is in their links.")
        )
        name = st.text_input(t("Name"), max_chars=LONGEST_NAME, key="set_name")
        distinct = {label: tuple(dict.fromkeys(users)) for label, users in sources.items()}
        label = st.radio(
            t("Users"),
            list(distinct),
            format_func=lambda one: t("{label}: {n:,}", label=one, n=len(distinct[one])),
            key="set_source",
        )
        wanted = UserSet(name.strip(), distinct[label])
        st.button(t("Look at this set"), key="set_keep", type="primary", on_click=choose_set, args=(wanted,))


def choose_set(wanted: UserSet) -> None:
    """Look at these users alone from now on, where they can be a set."""
    problem = fault_of(wanted)
    if problem is None:
        visitor.session().user_set = wanted
    address.record_choice((problem,) if problem else ())
