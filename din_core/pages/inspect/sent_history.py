"""Where the history is another than when the link on screen was made: the way to the one that was sent."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from din_core.domain import Scenario
from din_core.pages.inspect.inspection import Inputs
from din_core.pages.language.translate import t
from din_core.pages.session import address
from din_core.pages.what_if import page as what_if_page
from din_core.sharing import encode
from din_core.sharing.history_mark import back_to


def offer_sent_history(scenario: Scenario, inputs: Inputs) -> None:
    """A link to *What if*, which has both; nothing where more than newer or older behaviors is different."""
    mark = address.mark_on_screen(scenario)
    edit = None if mark is None else back_to(mark, inputs.history)
    if edit is not None:
        as_sent = replace(scenario, edits=(edit,), reference=0)
        label = t("The history as it was when this link was made, beside the one of now")
        st.page_link(what_if_page.page(), label=label, icon=":material/arrow_forward:", query_params=encode(as_sent))
