"""Edits as the What if instrument sends them, and what it is told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from streamlit.testing.v1 import AppTest

from din_core.pages.browser.protocol import Report
from din_core.pages.session import address
from din_core.pages.session.visitor import in_session
from din_core.pages.what_if import page as what_if_page

DROP_NAILS = ["edit", "drop-item", "n1"]
DROP_MILK = ["edit", "drop", "m1", "2017-11-13T01:00:00Z", "1"]


def payload(page: AppTest) -> dict[str, Any]:
    """What the instrument is told to show."""
    (found,) = (e for e in page.get("bidi_component") if e.proto.component_name == "din_lens.what_if")
    head, text = found.proto.bytes.decode().split("\n")
    return {**json.loads(text), "head": json.loads(head)}


def do(page: AppTest, *actions: list[Any], in_one: bool = False) -> AppTest:
    """What the instrument would tell where it gets no answer, in a message each or in one, and the page's next run."""
    session = page.session_state["din_lens"]
    with in_session(session):
        for message in [actions] if in_one else [[action] for action in actions]:
            link = urlencode(address.query(), doseq=True)
            what_if_page.follow(Report(link, actions=message))
    return page.run()
