"""What instruments send is read as far as it came."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from din_core.pages.browser.route import read_json
from tests.own_thread import in_own_thread

FIRST = {"type": "http.request", "body": b'{"a": ', "more_body": True}


@pytest.mark.parametrize(
    ("last", "read"),
    [
        ({"type": "http.request", "body": b"1}", "more_body": False}, {"a": 1}),
        ({"type": "http.disconnect"}, {}),
    ],
    ids=["whole", "left"],
)
def test_a_browser_that_leaves_before_all_is_sent_has_asked_nothing(last: dict[str, Any], read: dict[str, int]) -> None:
    waiting = [FIRST, last]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    asked = Request({"type": "http", "method": "POST", "headers": []}, receive)
    assert in_own_thread(asyncio.run, read_json(asked)) == read
