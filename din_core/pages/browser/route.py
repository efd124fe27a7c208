"""What instruments ask beside the page's runs, which they neither stop nor wait for, and its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from hmac import compare_digest
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from din_core.domain import LinkError, UnknownCheckpoint, UnknownItem, UnknownUser
from din_core.pages.app.failure_log import log_failure, log_warning
from din_core.pages.browser.protocol import KEY, KEY_HEADER, LANGUAGE_HEADER, Payload
from din_core.pages.language.translate import LANGUAGES
from din_core.pages.session import caches, visitor
from din_core.pages.session.turns import in_turn, turn_at_once
from din_core.pages.workers.channel import RouteQuestion
from din_core.pages.workers.pool import POOL

MAX_BYTES = 1 << 20
"""Of a question: a link with as many edits as it holds has some thousands."""

Made = TypeVar("Made")
FOREIGN = (
    "a page asked with the key of another process or of an earlier start, or with none, and was answered nothing; "
    "behind a proxy, keep each visitor at one process and give all processes one DIN_PAGE_KEY"
)


def answer(
    request: Request,
    reply: Callable[[], Payload | None],
    question: RouteQuestion | None = None,
    *,
    is_ahead: bool = False,
) -> Response:
    """What `reply` makes, in the visitor's language, as a message.

    `question` is what a worker process can be asked instead, while this one is busy. `is_ahead`: nobody waits for the
    answer yet, so while others do it is 204, and the instrument asks again later. 403 without the key, which the log
    says once a minute; 404 for an unknown language, or where `reply` has nothing: the page says why.
    """
    if not compare_digest(request.headers.get(KEY_HEADER, "").encode(), KEY.encode()):
        log_warning(FOREIGN)
        return Response(status_code=403)
    language = request.headers.get(LANGUAGE_HEADER, "")
    if language not in LANGUAGES:
        return Response(status_code=404)
    try:
        message = message_of(reply, question, language, is_ahead)
    except TurnTaken:
        return Response(status_code=204)  # no failure, which browsers would write down
    if message is None:
        return Response(status_code=404)
    return Response(message, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


class TurnTaken(Exception):
    """Others are being answered who wait for it."""


def message_of(
    reply: Callable[[], Payload | None], question: RouteQuestion | None, language: str, is_ahead: bool
) -> bytes | None:
    """Made here where nobody has to be waited for, else by a worker process, else here in turn."""
    with visitor.as_visitor(language):
        with turn_at_once() as mine:
            if mine:
                return encoded(made_or_none(reply))
        if is_ahead:
            raise TurnTaken
        app = made_or_none(caches.current_app)
        if app is None:
            return None
        elsewhere = None if question is None else POOL.ask(question, language=language, app=app.identity)
        if elsewhere is not None:
            return elsewhere.message
        with in_turn():
            return encoded(made_or_none(reply))


def made_or_none(make: Callable[[], Made | None]) -> Made | None:
    """What is made; None where it cannot be, which the log says where it is no fault of the question."""
    try:
        return make()
    except (LinkError, UnknownUser, UnknownItem, UnknownCheckpoint, ValueError):
        return None
    except Exception as error:
        log_failure(error)
        return None


def encoded(payload: Payload | None) -> bytes | None:
    """The message; None of nothing."""
    return None if payload is None else payload.encode()


async def read_json(request: Request) -> dict[str, Any]:
    """The object that was sent; empty where it is none, or too much."""
    try:
        found = json.loads(await body(request))
    except (ValueError, RecursionError):  # no JSON, or too deep
        return {}
    return found if isinstance(found, dict) else {}


async def body(request: Request) -> bytes:
    """What was sent, or nothing where it is too much, or the browser left before all of it was."""
    found = b""
    try:
        async for part in request.stream():
            found += part
            if len(found) > MAX_BYTES:
                return b""
    except ClientDisconnect:
        return b""
    return found
