"""Back to the link that somebody opened before they signed in: an ASGI middleware.

The provider sends them to one address of the app; which link it was is kept in a cookie of theirs meanwhile.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from din_core.pages.access.gate import SIGN_IN
from din_core.pages.access.sign_in import role_of_request
from din_core.pages.places.places import BY_PATH

COOKIE = "din_lens_return"
SECONDS = 600
LONGEST = 3_000
"""Characters; a browser keeps some 4,000 of a cookie."""
WRITTEN = re.compile(r"/[!-\[\]-~]*")
"""What an address may be written with: no backslash, which browsers take for a slash."""


class ReturnAddress:
    """Remembers where a visitor without a role wanted to go, and sends them there once they have signed in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = scope["path"]
        kept = page_address(unquote(connection.cookies.get(COOKIE, ""))) if path.endswith("/oauth2callback") else None
        wanted = None if SIGN_IN.search(path) or role_of_request(connection) else page_address(address_of(scope))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": changed(message, wanted, kept)}
            await send(message)

        await self.app(scope, receive, send_with_cookie if wanted or kept else send)


def address_of(scope: Scope) -> str:
    """Path and query of a request."""
    query = scope.get("query_string", b"").decode("latin-1")
    return quote(scope["path"]) + (f"?{query}" if query else "")


def page_address(address: str) -> str | None:
    """The address where it is one of a page of this server; None otherwise, and for the app's own bare one."""
    if not WRITTEN.fullmatch(address) or address.startswith("//") or len(quote(address, safe="")) > LONGEST:
        return None
    parts = urlsplit(address)
    known = parts.path.rpartition("/")[2] in BY_PATH
    return address if known and (parts.query or not parts.path.endswith("/")) else None


def changed(start: Message, wanted: str | None, kept: str | None) -> list[tuple[bytes, bytes]]:
    """The headers of a response: a page's with the cookie, those of the end of signing in with the way back."""
    headers = MutableHeaders(raw=list(start["headers"]))
    cookie = f"{COOKIE}={{}}; Path=/; Max-Age={{}}; HttpOnly; SameSite=Lax"
    if wanted and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
        headers.append("set-cookie", cookie.format(quote(wanted, safe=""), SECONDS))
    if kept and start["status"] == 302:
        headers["location"] = kept
        headers.append("set-cookie", cookie.format("", 0))
    return headers.raw
