"""Kept results are read as they were written, to the last digit; what is none of them is refused in a sentence."""

from __future__ import annotations

import json

import pytest

from din_core.domain import LinkError
from din_core.sharing.frozen_results import from_json, to_json
from tests.made_results import RESULTS


def test_what_is_read_is_equal_to_what_was_written() -> None:
    assert from_json(to_json(RESULTS)) == RESULTS


def test_an_item_stands_once_in_the_text() -> None:
    assert to_json(RESULTS).count('Stout · 12 oz"') == 1 and "\n" not in to_json(RESULTS)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"form": 1}', "[" * 100_000, to_json(RESULTS)[:-1]])
def test_what_is_no_result_is_refused(text: str) -> None:
    with pytest.raises(LinkError, match="cannot be read"):
        from_json(text)


def test_a_result_of_another_form_names_both_forms() -> None:
    later = json.dumps(json.loads(to_json(RESULTS)) | {"form": 2})
    with pytest.raises(LinkError, match="are of form 2, this DIN Lens reads form 1"):
        from_json(later)
