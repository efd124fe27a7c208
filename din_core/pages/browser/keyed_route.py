"""Answers beside the page's runs, which they neither stop nor wait for: to components that hold the key."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response

from din_core.domain import DinLensError
from din_core.pages.browser.endpoints import HEADER, KEY
from din_core.pages.language.translate import LANGUAGES, current
from din_core.pages.session import visitor


def door(path: str) -> dict[str, str]:
    """What a component must know to ask there (`door.js`)."""
    return {"path": path, "header": HEADER, "key": KEY, "language": current()}


def answer(request: Request, language: str, tell: Callable[[], bytes | None]) -> Response:
    """What `tell` makes, in `language`; 403 without the key, 404 where there is nothing to tell."""
    if not compare_digest(request.headers.get(HEADER, "").encode(), KEY.encode()):
        return Response(status_code=403)
    if language not in LANGUAGES:
        return Response(status_code=404)
    with visitor.as_visitor(language):
        try:
            told = tell()
        except (DinLensError, ValueError):
            told = None
    if told is None:
        return Response(status_code=404)
    return Response(told, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})
