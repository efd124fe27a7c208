"""How well the model does on a set of users: the same metrics as on *Cohorts*, from the computed cases."""

from __future__ import annotations

from dataclasses import astuple

import streamlit as st

from din_core.cases import Slice, rows_of
from din_core.pages.app.startup import App
from din_core.pages.cases.files import LoadedCases
from din_core.pages.cohorts.view import show_metrics, slice_quality
from din_core.pages.language.translate import t
from din_core.pages.widgets.frame import literal
from din_core.sharing.user_set import UserSet


def show_set_quality(app: App, name: str, loaded: LoadedCases | None, own: UserSet) -> None:
    """Metrics on the set's impressions, or why there are none; `loaded` are cases whose main model this one is."""
    st.subheader(literal(t("On the set “{name}”", name=own.name)), anchor=False)
    if loaded is None:
        model = literal(app.models[name].name)
        st.markdown(
            t("Nothing is known of {model} on a set: there are no cases of it (see the page *Cases*).", model=model)
        )
        return
    chosen = Slice(users=frozenset(own.users))
    among = rows_of(loaded.cases, chosen)
    if not among.any():
        st.markdown(t("None of the set's users is in the computed cases."))
        return
    found = slice_quality((*loaded.key, *astuple(chosen)), loaded.cases, among)
    show_metrics((loaded.main, loaded.base), found, int(among.sum()))
