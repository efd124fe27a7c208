"""What a component says may come after the page has changed."""

import streamlit as st

from din_core.pages.components.told import told


def test_a_component_that_has_left_the_page_says_nothing():
    assert told("no such component", "wish") is None


def test_a_component_on_the_page_says_what_it_holds(monkeypatch):
    class Held:
        wish = "effects"

    monkeypatch.setattr(st, "session_state", {"lens": Held()})
    assert told("lens", "wish") == "effects"
