"""Behind TLS no cookie is sent without it; without TLS a browser must still get its cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from din_core.pages.access.secure_cookies import SecureCookies
from din_core.pages.app.launch import middleware
from tests.own_thread import in_own_thread
from tests.pages.access.conftest import ORIGIN, SECRETS


def cookies() -> list[str]:
    """What a response with two cookies sets, one of which has the flag."""
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        response = PlainTextResponse("x")
        response.set_cookie("a", "secure")
        response.set_cookie("b", "1", secure=True)
        await response(scope, receive, send)

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    in_own_thread(asyncio.run, SecureCookies(inner)(scope, receive, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


@pytest.mark.parametrize(("scheme", "flags"), [("https", [1, 1]), ("http", [0, 1])])
def test_cookies_have_the_flag_once_where_visitors_come_by_tls(
    roles: Path, secrets: Callable[[str], None], scheme: str, flags: list[int]
) -> None:
    secrets(SECRETS.replace(ORIGIN, f"{scheme}://din.example"))
    assert [cookie.count("; Secure") for cookie in cookies()] == flags
    assert any(one.cls is SecureCookies for one in middleware())
