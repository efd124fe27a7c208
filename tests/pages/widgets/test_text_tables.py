"""Columns of numbers stand to the right, texts and dates to the left."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.widgets.text_tables import of_numbers


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
