"""What stands around a page says what it is given, and nothing more."""

from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from din_core.pages.widgets.frame import literal


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_character_of_a_text_is_markup(text: str) -> None:
    shown = literal(text)
    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert not re.search(rf"(?<!\\)(?:\\\\)*[{re.escape(string.punctuation.replace(chr(92), ''))}]", shown)


def test_an_image_in_a_link_is_not_fetched() -> None:
    assert literal("![x](http://far.example/y.png)").startswith("\\!\\[x\\]\\(http\\:")
