"""What *Copy link* asks: a slug for a link that is too long for chat, a signature for a brief, a history's mark."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from din_core.pages.app.failure_log import log_warning
from din_core.pages.brief.signed_brief import sign
from din_core.pages.browser import route
from din_core.pages.browser.protocol import Payload
from din_core.pages.places.places import BY_PATH
from din_core.pages.session import caches
from din_core.pages.session.address import current_mark
from din_core.sharing import parse
from din_core.sharing.history_mark import HISTORY
from din_core.sharing.share_store import SharedView
from din_core.sharing.signed_links import LinkKeysError


async def answer(request: Request) -> Response:
    """Asked `{path, query}`: a message whose head has the `slug`."""
    asked = await route.read_json(request)
    return await run_in_threadpool(route.answer, request, lambda: reply(asked))


def reply(asked: dict[str, Any]) -> Payload | None:
    """None for what is no link of a page."""
    path, query = asked.get("path"), asked.get("query")
    if not isinstance(path, str) or path not in BY_PATH or not isinstance(query, str):
        return None
    slug = caches.shares().keep(SharedView("link", query, path))
    return Payload("", [], {"slug": slug})


async def answer_signed(request: Request) -> Response:
    """Asked `{path, query, hidden}`: a message whose head has the `token`."""
    asked = await route.read_json(request)
    return await run_in_threadpool(route.answer, request, lambda: signed(asked))


def signed(asked: dict[str, Any]) -> Payload | None:
    """None for what is no whole brief of this store, and where this server has no keys that sign."""
    path, query, hidden = asked.get("path"), asked.get("query"), asked.get("hidden")
    if not isinstance(path, str) or not isinstance(query, str) or not isinstance(hidden, bool):
        return None
    try:
        token = sign(caches.current_app(), path, query, hidden)
    except LinkKeysError as error:
        log_warning(f"no link is signed: {error}")
        return None
    return Payload("", [], {"token": token})


async def answer_mark(request: Request) -> Response:
    """Asked `{query}`: a message whose head has the `mark` of that link's history, as the store holds it now."""
    asked = await route.read_json(request)
    return await run_in_threadpool(route.answer, request, lambda: marked(asked))


def marked(asked: dict[str, Any]) -> Payload | None:
    """None where the link names no user and time of this store."""
    query = asked.get("query")
    if not isinstance(query, str):
        return None
    link, _ = parse(parse_qs(query, keep_blank_values=True))
    if link.user_id is None or link.as_of is None:
        return None
    return Payload("", [], {"mark": current_mark(caches.current_app(), link.user_id, link.as_of)[HISTORY]})
