"""What is answered beside the pages, by the role of who asks: an ASGI middleware.

Pages themselves check the role at the start of each run, and a page's websocket carries nothing but runs.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from din_core.pages.access.roles import Role
from din_core.pages.access.sign_in import role_of_request
from din_core.pages.places.parameters import SIGNED, SNAPSHOT

SENTENCE = "Sign in on the page first; what is asked for here is not for everybody."
ROUTE = re.compile("(_din|_stcore)/([^/]*)")
"""As the routes match: whatever stands before."""
OPEN = {
    "_din": {"script", "font", "health", "metrics", "card.png"},
    "_stcore": {
        "health",
        "script-health-check",
        "host-config",
        "allowed-message-origins",
        "metrics",
        "stream",
        "bidi-components",
    },
}
"""Code of pages, what monitors ask, and the pages' websocket: nothing of the store. Metrics have a key of their own."""
FILES = re.compile("(?<!/static)/media/")
"""What a page that was shown offers to save; Streamlit's own fonts are in `static/media/`."""
SIGN_IN = re.compile("(^|/)(auth/(login|logout)|oauth2callback)$")
"""Streamlit's own, which read their address themselves."""
IN_ADDRESS = {None: {"lang", SIGNED}, Role.VIEWER: {"lang", SIGNED, SNAPSHOT}}
"""What of an address counts for how the served page is called, and for its picture."""


class AccessGate:
    """Refuses what is not for who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        role = role_of_request(HTTPConnection(scope)) if scope["type"] == "http" else Role.ANALYST
        if role is Role.ANALYST:
            await self.app(scope, receive, send)
        elif may_ask(role, scope["path"]):
            await self.app(with_shown_address(scope, role), receive, send)
        else:
            await PlainTextResponse(SENTENCE, 401, {"Cache-Control": "no-store"})(scope, receive, send)


def may_ask(role: Role | None, path: str) -> bool:
    """Whether somebody who is no analyst may ask this at all."""
    if FILES.search(path):
        return role is Role.VIEWER
    return all(name in OPEN[below] for below, name in ROUTE.findall(path))


def with_shown_address(scope: Scope, role: Role | None) -> Scope:
    """The request without what its address names beyond what the role may open: a page's head would say it."""
    if FILES.search(scope["path"]) or SIGN_IN.search(scope["path"]):
        return scope
    given = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in given if name in IN_ADDRESS[role]]
    return {**scope, "query_string": urlencode(kept).encode()}
