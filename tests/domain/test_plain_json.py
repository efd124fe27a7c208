"""JSON is read with its texts whole."""

from __future__ import annotations

import pytest

from din_core.domain.plain_json import plain_json


@pytest.mark.parametrize("text", ['["\\ud83d\\ude00", "😀"]', '{"a": "\\\\ud800 written out"}', '["\\u00e9"]', "[1]"])
def test_whole_characters_are_read_however_they_are_written(text: str) -> None:
    assert plain_json(text) is not None


@pytest.mark.parametrize("text", ['["\\ud800"]', '{"\\uDFFF": 1}', '{"a": ["x\\ud83d"]}', "[", ""])
def test_half_a_character_and_no_json_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"half a character|line 1"):
        plain_json(text)


def test_the_half_is_named_as_it_was_written() -> None:
    with pytest.raises(ValueError, match=r"^it holds half a character, '\\ud800'$"):
        plain_json('{"name": "a\\ud800"}')
