"""A link that is too long for chat is kept, and gets a slug."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from din_core.pages.browser import route
from din_core.pages.browser.protocol import Payload
from din_core.pages.places.places import BY_PATH
from din_core.pages.session import caches
from din_core.sharing.share_store import SharedView


async def answer(request: Request) -> Response:
    """Asked `{path, query}`: a message whose head has the `slug`."""
    asked = await route.read_json(request)
    return await run_in_threadpool(route.answer, request, lambda: reply(asked))


def reply(asked: dict[str, Any]) -> Payload | None:
    """None for what is no link of a page."""
    path, query = asked.get("path"), asked.get("query")
    if path not in BY_PATH or not isinstance(query, str):
        return None
    slug = caches.shares().keep(SharedView("link", query, path))
    return Payload("", [], {"slug": slug})
