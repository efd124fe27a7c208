"""Cookies of a server that visitors reach by TLS are never sent without it: an ASGI middleware.

Streamlit leaves the flag out, as browsers differ on it for servers without TLS on this machine.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_origin_from_redirect_uri

FLAG = b"; Secure"


class SecureCookies:
    """Adds the flag where the address to which visitors come back from signing in has TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] != "http" or not (get_origin_from_redirect_uri() or "").startswith("https://"):
            await self.app(scope, receive, send)
            return

        async def send_flagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [flagged(name, value) for name, value in message["headers"]]}
            await send(message)

        await self.app(scope, receive, send_flagged)


def flagged(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header, a cookie's with the flag."""
    is_bare = name.lower() == b"set-cookie" and FLAG.lower() not in value.lower()
    return name, value + FLAG if is_bare else value
