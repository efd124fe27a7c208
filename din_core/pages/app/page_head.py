"""What the served page holds before any script runs: its name for chat tools and search engines, and the first styles.

The server's page is Streamlit's own, with Streamlit's name.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urljoin

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from din_core.pages.app.first_paint import first_paint

TITLE = "DIN Lens"
DESCRIPTION = (
    "Which past behaviors a Deep Interest Network switches on for a candidate, how strongly, and whether that explains "
    "the score."
)
CARD = "_din/card.png"
"""Where the picture is, below the page's own path; `snapshot=SLUG` asks for a snapshot's."""
WIDTH, HEIGHT = 1200, 630
THEIRS = "<title>Streamlit</title>"
"""What stands in Streamlit's page."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a page is called where its link is shown."""

    title: str = TITLE
    description: str = DESCRIPTION
    image: str = CARD
    """The picture's address, relative to the page's."""
    wide: bool = True
    """Whether the page takes all of the window, as all but briefs and snapshots do."""

    def html(self, page: str = "") -> str:
        """The elements that stand in the place of Streamlit's title; `page` is the page's own address."""
        title, description = escape(self.title), escape(self.description)
        image = escape(urljoin(page, self.image))
        return (
            f'<title>{title}</title><meta name="description" content="{description}" />'
            f'<meta property="og:title" content="{title}" />'
            f'<meta property="og:description" content="{description}" /><meta property="og:type" content="website" />'
            f'<meta property="og:image" content="{image}" /><meta property="og:image:width" content="{WIDTH}" />'
            f'<meta property="og:image:height" content="{HEIGHT}" />'
            '<meta name="twitter:card" content="summary_large_image" />'
        )


HeadOf = Callable[[Mapping[str, list[str]]], Head]
"""The head of the page at these query parameters; never raises."""


class PageHead:
    """Gives the served page a title, a description and what its first paint needs; an ASGI middleware."""

    def __init__(self, app: ASGIApp, head_of: HeadOf = lambda _: Head()) -> None:
        self.app, self.head_of = app, head_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; a page is held until all of it is there."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        head: Message | None = None
        body = b""

        async def send_with_head(message: Message) -> None:
            nonlocal head, body
            if message["type"] == "http.response.start" and is_page(message):
                head = message
            elif head is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    whole = gzip.decompress(body) if encoding_of(head) == "gzip" else body
                    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
                    found = await run_in_threadpool(self.head_of, query)
                    ours = found.html(address_of(scope)) + first_paint(found.wide)
                    body = whole.replace(THEIRS.encode(), ours.encode())
                    await send(with_length(head, len(body)))
                    await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_with_head)


def address_of(scope: Scope) -> str:
    """The page's own address as it was asked for, without its query: chat tools want pictures by whole addresses."""
    return str(URL(scope={**scope, "query_string": b""}))  # which need not be text


def is_page(start: Message) -> bool:
    """Whether a response that starts so is a page that can be read."""
    is_html = Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html and encoding_of(start) in ("gzip", "identity")


def encoding_of(start: Message) -> str:
    """How the body of a response that starts so is packed."""
    return Headers(raw=start["headers"]).get("content-encoding", "identity")


def with_length(start: Message, length: int) -> Message:
    """The start of the response for such a body, not packed; it has no tag, which is that of Streamlit's page."""
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["content-length"] = str(length)
    for name in ("content-encoding", "etag", "last-modified", "accept-ranges"):
        if name in headers:
            del headers[name]
    return {**start, "headers": headers.raw}
