"""What stands around a page says what it is given, and nothing more."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.pages.widgets.frame import card_text, literal


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_character_of_a_text_is_markup(text: str) -> None:
    shown = literal(text)
    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert not re.search(rf"(?<!\\)(?:\\\\)*[{re.escape(string.punctuation.replace(chr(92), ''))}]", shown)


def test_an_image_in_a_link_is_not_fetched() -> None:
    assert literal("![x](http://far.example/y.png)").startswith("\\!\\[x\\]\\(http\\:")


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ("---\nlicense: cc0-1.0\n---\n# DIN\ntext\n## Data\n", "### DIN\ntext\n#### Data"),
        ("# DIN\ntext", "### DIN\ntext"),
        ("---\nnot closed", "---\nnot closed"),
    ],
)
def test_a_model_card_is_shown_without_its_head_and_below_the_pages_headings(card: str, shown: str) -> None:
    assert card_text(card) == shown
