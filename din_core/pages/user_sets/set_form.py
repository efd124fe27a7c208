"""Naming a set of users: those of ticked rows, of the rows listed, of everything that is shown, or of ids written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from din_core.domain.translatable import Translatable
from din_core.pages.language.translate import t
from din_core.pages.session import address, caches, visitor
from din_core.sharing.user_set import LONGEST_NAME, LONGEST_SET, UserSet, fault_of
from din_core.store import BehaviorStore

NAME, IDS = "set_name", "set_ids"
NAMED = 5
"""Ids that the store lacks are told by name, up to so many."""


def show_set_form(sources: Mapping[str, Sequence[str]]) -> None:
    """A name, and whom it stands for; `sources` are users by what they are called on the page."""
    with st.popover(t("Make a set of users"), key="set_room", on_change="rerun") as opened:
        if not opened.open:
            return
        st.markdown(
            t("A set restricts *Cases*, *Cohorts*, *Scenarios* and *Trust* to its users, and is in their links.")
        )
        st.text_input(t("Name"), max_chars=LONGEST_NAME, key=NAME)
        users = pick_source(sources) if sources else None
        if users is None:
            st.text_area(t("Ids, one a line or with commas between"), max_chars=LONGEST_SET, key=IDS)
            st.button(t("Look at this set"), key="set_keep", type="primary", on_click=choose_written_ids)
        else:
            st.button(t("Look at this set"), key="set_keep", type="primary", on_click=choose_set, args=(users,))


def pick_source(sources: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """The choice of whom the set stands for; None for ids that are to be written."""
    distinct = {label: tuple(dict.fromkeys(users)) for label, users in sources.items()}
    written = t("Those whose ids I write")
    chosen = st.radio(
        t("Users"),
        [*distinct, written],
        format_func=lambda one: t("{label}: {n:,}", label=one, n=len(distinct[one])) if one in distinct else one,
        key="set_source",
    )
    return distinct.get(chosen)


def choose_set(users: Sequence[str], problems: Sequence[Translatable] = ()) -> None:
    """Look at these users alone from now on, under the name in the form, where they can be a set."""
    wanted = UserSet(st.session_state[NAME].strip(), tuple(users))
    problem = fault_of(wanted)
    if problem is None:
        visitor.session().user_set = wanted
    address.record_choice((problem,) if problem else tuple(problems))


def choose_written_ids() -> None:
    """Look at the users whose ids are in the form; those that the store lacks are left out, and told."""
    known, unknown = written_users(st.session_state[IDS], caches.current_app().store)
    names = ", ".join(unknown[:NAMED]) + (", …" if len(unknown) > NAMED else "")
    lacking = Translatable(
        "The store lacks {n} of these users, who are left out: {names}.", n=len(unknown), names=names
    )
    if known or not unknown:
        choose_set(known, (lacking,) if unknown else ())
    else:
        address.record_choice((lacking,))


def written_users(text: str, store: BehaviorStore) -> tuple[list[str], list[str]]:
    """Ids in a text, each once: those that the store holds, and the others.

    An id may hold spaces; one that the store lacks is read as several where it does.
    """
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    written = [part.strip() for part in re.split(r"[\n\r\t,;，；、]+", text)]
    found = store.users(written)
    words = {one: one.split() for one in written if one not in found}
    found_words = store.users([word for parts in words.values() for word in parts])
    for one in written:
        for user_id in (one,) if one in found else words[one]:
            (known if user_id in found or user_id in found_words else unknown)[user_id] = None
    return list(known), list(unknown)
