"""What a generated request is put to: the app as the server hands requests to it, without a socket."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from random import Random
from typing import Any
from unittest.mock import patch

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from din_core.pages.app import launch
from din_core.pages.app.first_paint import PAGE
from tests.generated.app.app_world import nothing_logged, small_app
from tests.generated.app.requests import GeneratedRequest, make_request
from tests.generated.outcome import Outcome, Seeded

MOST_BYTES = 4_000_000
"""Of an answer."""


@contextmanager
def route_asker() -> Iterator[Seeded]:
    """Asks the small app, in one event loop and one thread: what a server hands to others is done at once."""
    loop = asyncio.new_event_loop()
    with small_app(), closing(loop), patch("anyio.to_thread.run_sync", at_once):
        yield partial(try_request, loop, served_app())


async def at_once(work: Callable[..., Any], *args: object, **_: object) -> Any:
    """What a thread would come to."""
    return work(*args)


def served_app() -> ASGIApp:
    """Our routes behind our middleware; in the place of Streamlit's server stands its page alone."""
    page = Route("/{path:path}", streamlit_page, methods=["GET", "HEAD"])
    return Starlette(routes=[*launch.routes(), page], middleware=launch.middleware())


@lru_cache(maxsize=2)
def page_text(packed: bool) -> bytes:
    """Streamlit's own page."""
    text = (PAGE / "index.html").read_bytes()
    return gzip.compress(text) if packed else text


async def streamlit_page(request: Request) -> Response:
    """Streamlit's own page, at whatever path."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    return HTMLResponse(page_text(packed), headers={"content-encoding": "gzip"} if packed else None)


def try_request(loop: asyncio.AbstractEventLoop, app: ASGIApp, random: Random) -> Outcome:
    """One request; refused where it is answered by a status of 400 to 499."""
    asked = make_request(random)
    with nothing_logged():
        sent = loop.run_until_complete(answer(app, asked))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    if asked.leaves and not starts:
        return "refused"
    where = f"{asked.method} {asked.path[:200]!r}"
    assert len(starts) == 1, f"{where}: {len(starts)} answers"
    start = starts[0]
    assert start["status"] < 500, f"{where}: status {start['status']}"
    assert not sent[-1].get("more_body", False), "the answer has no end"
    assert sum(len(message.get("body", b"")) for message in sent) <= MOST_BYTES
    check_headers(Headers(raw=start["headers"]))
    return "refused" if start["status"] >= 400 else "done"


def check_headers(headers: Headers) -> None:
    """What every answer says to the browser, and none that could end a line."""
    assert "frame-ancestors" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert not any("\n" in value or "\r" in value for value in headers.values())


async def answer(app: ASGIApp, asked: GeneratedRequest) -> list[Message]:
    """All that is sent for a request."""
    waiting: list[Message] = [
        {"type": "http.request", "body": part, "more_body": place + 1 < len(asked.parts)}
        for place, part in enumerate(asked.parts)
    ]
    if asked.leaves:
        waiting[-1] = {"type": "http.disconnect"}
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:  # as a browser that listens to the answer
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of(asked), receive, send)
    return sent


def scope_of(asked: GeneratedRequest) -> Scope:
    """As uvicorn would have it."""
    raw = asked.path.encode("utf-8", "surrogatepass")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": asked.method,
        "path": raw.decode("utf-8", "replace"),
        "raw_path": raw,
        "root_path": "",
        "query_string": asked.query,
        "headers": asked.headers,
        "client": (asked.client, 50_000) if asked.client else None,
        "server": ("127.0.0.1", 8501),
        "state": {},
    }
