"""Edits as the What if instrument sends them, and what it is told."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

DROP_NAILS = ["edit", "drop-item", "n1"]
DROP_MILK = ["edit", "drop", "m1", "2017-11-13T01:00:00Z", "1"]


def payload(page: AppTest) -> dict[str, Any]:
    """What the instrument is told to show."""
    (found,) = (e for e in page.get("bidi_component") if e.proto.component_name == "din_lens.what_if")
    head, text = found.proto.bytes.decode().split("\n")
    return {**json.loads(text), "head": json.loads(head)}
