"""Columns of numbers stand to the right, texts and dates to the left."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.widgets.text_tables import columns_of, of_numbers


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "1,234", "36,935"),
        ("85.8 %", "7.9 %"),
        ("−25.1", "0", "+81.7"),
        ("12×", "–", "3×"),
        ("↑ 20", "↓ 8", "="),
        ("0.7576 ± 0.0021", "–"),
        ("0.7576 (0.7501 to 0.7650)", "–"),
        ("reference", "+29.6 %", "+31 %"),
        ("17 min", "48 s"),
    ],
)
def test_numbers_are_known_with_their_units_and_with_gaps(texts: tuple[str, ...]) -> None:
    assert of_numbers(texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("13 Nov 2017", "4 Dec 2017"),
        ("1160 · 65+ · 1 adult, no kids", "98 · 35-44 · 1 adult"),
        ("Bought", "Not bought"),
        ("64", "official", "Dice"),
        ("–", ""),
        (),
    ],
)
def test_dates_names_and_gaps_alone_are_no_numbers(texts: tuple[str, ...]) -> None:
    assert not of_numbers(texts)


def test_a_table_in_a_grid_is_told_which_columns_hold_numbers_and_what_they_say() -> None:
    table = pd.DataFrame({"Item": ["Milk", "Bread"], "DIN": ["85.8 %", "–"], "Outcome": ["Bought", "–"]})
    columns = columns_of(table, {"DIN": "Probability", "Outcome": "What happened"})
    assert list(columns) == ["DIN", "Outcome"]
    assert (columns["DIN"]["alignment"], columns["DIN"]["help"]) == ("right", "Probability")
    assert (columns["Outcome"]["alignment"], columns["Outcome"]["help"]) == (None, "What happened")


def test_a_small_table_holds_its_texts_and_sets_numbers_to_the_right() -> None:
    def page() -> None:
        import pandas as pd

        from din_core.pages.widgets.text_tables import show_table

        show_table(pd.DataFrame({"Item": ["Milk", "Bread"], "Repeats": ["1", "12"]}))

    (table,) = AppTest.from_function(page).run().table
    assert table.value.to_dict("list") == {"Item": ["Milk", "Bread"], "Repeats": ["1", "12"]}
    styles = table.proto.arrow_data.styler.styles if hasattr(table.proto, "arrow_data") else table.proto.styler.styles
    assert "td.col1 { text-align: right" in " ".join(styles.split())
    assert "col0" not in styles


def test_rows_that_were_chosen_are_so_again_where_the_table_comes_back_about_the_same() -> None:
    def page() -> None:
        import pandas as pd
        import streamlit as st

        from din_core.pages.widgets.text_tables import row_table

        about = st.text_input("about", "one", key="about")
        if not st.checkbox("elsewhere", key="elsewhere"):
            names = ["m1", "b1", "n1"] if about == "one" else ["n1", "m1", "b1"]
            st.write(str([names[row] for row in row_table("items", pd.DataFrame({"Item": names}), names, about)]))

    app = AppTest.from_function(page).run()
    app.session_state["items"] = {"selection": {"rows": [0, 2], "columns": [], "cells": []}}
    assert app.run().markdown[0].value == "['m1', 'n1']"
    app.checkbox(key="elsewhere").check().run()
    assert not app.dataframe
    assert app.checkbox(key="elsewhere").uncheck().run().markdown[0].value == "['m1', 'n1']"
    app.checkbox(key="elsewhere").check().run()
    app.text_input(key="about").set_value("two").run()
    assert app.checkbox(key="elsewhere").uncheck().run().markdown[0].value == "[]"
