"""Measures each request and tells whoever wants to know: an ASGI middleware."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from din_core.pages.monitoring.route_names import route_of

REQUEST_ID = "x-request-id"
"""The header that names a request: a proxy's, else one of our own; the response has it too."""
FIT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SWITCHING, FAILED, CLOSED = 101, 500, 499
"""Statuses of an open websocket, of an exception, and of a client that left before its answer began."""

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the request that is being answered; None in what a page computes."""


@dataclass(frozen=True, slots=True)
class HandledRequest:
    """One request, as far as it may be told: no query, no address of the client, no header but its id."""

    request_id: str
    method: str
    """`WEBSOCKET` for the connection that a page keeps open."""
    route: str
    status: int
    seconds: float
    """Until the last byte was sent; of a websocket until it was closed."""


class Observer(Protocol):
    """Wants to know of requests. Called in the event loop: it must not wait."""

    def opened(self) -> None:
        """A websocket was accepted."""

    def received(self, message: bytes) -> None:
        """A page sent this over its websocket."""

    def handled(self, request: HandledRequest) -> None:
        """A request is over."""


class RequestWatch:
    """Tells `observers` of every request, and gives every response its request's id."""

    def __init__(self, app: ASGIApp, observers: Sequence[Observer]) -> None:
        self.app, self.observers = app, observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), CLOSED, id_of(scope)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = with_id(message, request_id)
            elif message["type"] == "websocket.accept":
                status = SWITCHING
                for one in self.observers:
                    one.opened()
            elif message["type"] == "websocket.close" and status != SWITCHING:
                status = 403  # which is what the server makes of it
            await send(message)

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                for one in self.observers:
                    one.received(message.get("bytes") or b"")
            return message

        token = current_request.set(request_id)
        try:
            await self.app(scope, receive_and_note, send_and_note)
        except Exception:
            status = status if status == SWITCHING else FAILED
            raise
        finally:
            current_request.reset(token)
            method = scope.get("method", "WEBSOCKET")
            seconds = time.perf_counter() - began
            done = HandledRequest(request_id, method, route_of(scope["path"]), status, seconds)
            for one in self.observers:
                one.handled(done)


def id_of(scope: Scope) -> str:
    """The id that a request came with, where it is one; else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if FIT_ID.fullmatch(given) else token_hex(8)


def with_id(start: Message, request_id: str) -> Message:
    """The start of a response with its request's id."""
    headers = MutableHeaders(raw=list(start["headers"]))
    headers[REQUEST_ID] = request_id
    return {**start, "headers": headers.raw}
