"""JSON whose texts can be written again: JSON can hold half a character (`"\\ud800"`), which stands in no UTF-8."""

from __future__ import annotations

import json
import re
from typing import Any

HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""May begin one: whole characters beyond 16 bits are written as two such halves."""


def plain_json(text: str) -> Any:
    """What the text says; ValueError for what is no JSON or holds half a character, RecursionError for what is deep."""
    found = json.loads(text)
    if HALF.search(text):
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"it holds half a character, {error.object[error.start]!a}") from None
    return found
