"""What every response tells the browser it may do, and what is answered to nobody: an ASGI middleware."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from din_core.pages.app.first_paint import inline_scripts

METRICS = "_stcore/metrics"
"""Streamlit's own figures: sessions, memory, caches."""
METRICS_KEY = "DIN_METRICS_KEY"
"""Names the key with which a monitor reads them, as `Authorization: Bearer KEY`; without it nobody does."""
EMBED = "DIN_EMBED"
"""Names the origins that may show pages of this app within their own, with spaces between."""
ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d+)?")
SOURCES = {
    "default-src": "'self'",
    # Streamlit mounts components from blobs, which running code alone can make, and reads messages with WebAssembly,
    # which reaches nothing of a page by itself. `policy` adds the code that stands in the page.
    "script-src": "'self' blob: 'wasm-unsafe-eval'",
    # Emotion, by which Streamlit is styled, writes its rules into the page as it runs, and has no nonce to do so.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob: https:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
"""Where what a page loads may come from: this server alone, but for pictures."""


class ResponseHeaders:
    """Adds the headers to every response; Streamlit's metrics are there for who has their key."""

    def __init__(self, app: ASGIApp, embedding: Sequence[str] = ()) -> None:
        self.app = app
        self.fixed = {
            "content-security-policy": policy(embedding),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",  # an address names users and items
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                for name, value in self.fixed.items():
                    headers[name] = value
                message = {**message, "headers": headers.raw}
            await send(message)

        if METRICS in scope["path"].casefold() and not has_metrics_key(Headers(scope=scope)):
            await PlainTextResponse("Not Found", 404)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


def policy(embedding: Sequence[str]) -> str:
    """The content security policy; `embedding` are the origins that may frame a page, beside this server's own."""
    own = {
        "script-src": " ".join([SOURCES["script-src"], *map(hash_source, inline_scripts())]),
        "frame-ancestors": " ".join(["'self'", *embedding]),
    }
    sources = {**SOURCES, **own}
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def hash_source(script: str) -> str:
    """How the policy names a script whose code stands in the page: changed by one sign, it does not run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def embedding_origins() -> list[str]:
    """As DIN_EMBED names them; SystemExit for what is no origin."""
    origins = os.environ.get(EMBED, "").split()
    wrong = [origin for origin in origins if not ORIGIN.fullmatch(origin)]
    if wrong:
        raise SystemExit(
            f'error: {EMBED} names "{wrong[0]}", which is no origin; write one such as https://wiki.example'
        )
    return origins


def has_metrics_key(headers: Headers) -> bool:
    """Whether a request shows the key of the metrics."""
    key = os.environ.get(METRICS_KEY)
    shown = headers.get("authorization", "").removeprefix("Bearer ")
    return bool(key) and compare_digest(shown.encode(), str(key).encode())
