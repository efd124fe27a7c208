"""Requests through the middleware that measures them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from din_core.pages.monitoring.request_watch import Observer, RequestWatch
from tests.own_thread import in_own_thread


def answered(app: object, observers: Sequence[Observer], scope: dict[str, object]) -> list[Message]:
    """What is sent for a request; `scope` says what differs from `GET /`."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.receive", "bytes": b"asked"}

    whole = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("10.0.0.5", 7), **scope}
    in_own_thread(asyncio.run, RequestWatch(app, observers)(whole, receive, send))  # type: ignore[arg-type]
    return sent


def headers_of(sent: Sequence[Message]) -> Headers:
    """Of the response that was sent."""
    return Headers(raw=sent[0]["headers"])


async def socket(_: Scope, receive: Receive, send: Send) -> None:
    """A page that connects, says one thing and leaves."""
    await send({"type": "websocket.accept"})
    await receive()
    await send({"type": "websocket.close", "code": 1000})
