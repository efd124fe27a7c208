"""The page as it is served, before any script runs."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message

from din_core.pages.app.first_paint import first_paint
from din_core.pages.app.page_head import DESCRIPTION, TITLE, PageHead
from tests.own_thread import in_own_thread

PAGE = '<html lang="en"><head><title>Streamlit</title></head><body></body></html>'


def served(
    response: Response, method: str = "GET", host: str = "din.example", query: bytes = b"a=b"
) -> tuple[Headers, bytes]:
    """What a browser gets where the server answers so."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: dict[str, object] = {
        "type": "http",
        "method": method,
        "path": "/lens/explain-inspect",
        "query_string": query,
    }
    scope |= {"scheme": "https", "server": ("127.0.0.1", 8501), "headers": [(b"host", host.encode())]}
    in_own_thread(asyncio.run, PageHead(response)(scope, receive, send))
    return Headers(raw=sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def packed() -> Response:
    return HTMLResponse(gzip.compress(PAGE.encode()), headers={"content-encoding": "gzip", "etag": '"theirs"'})


@pytest.mark.parametrize("response", [HTMLResponse(PAGE, headers={"etag": '"theirs"'}), packed()])
def test_the_page_has_our_title_and_description(response: Response) -> None:
    headers, body = served(response)
    text = body.decode()
    assert f"<title>{TITLE}</title>" in text and DESCRIPTION in text
    assert "<title>Streamlit" not in text and first_paint() in text
    assert text.startswith('<html lang="en">') and text.endswith("</html>")
    assert headers["content-length"] == str(len(body)) and "content-encoding" not in headers
    assert "etag" not in headers  # a browser that has Streamlit's page by this tag would keep it


def test_all_else_is_answered_as_it_was() -> None:
    data = JSONResponse({"said": "<title>Streamlit</title>"})
    assert served(data)[1] == data.body
    assert served(HTMLResponse(PAGE, status_code=404))[1] == PAGE.encode()
    assert served(HTMLResponse(PAGE, headers={"etag": '"theirs"'}), "HEAD")[0]["etag"] == '"theirs"'


def test_an_address_whose_bytes_are_no_text_is_answered() -> None:
    assert TITLE in served(HTMLResponse(PAGE), query=b"user=\xed\xff")[1].decode()


@pytest.mark.parametrize(("host", "address"), [("din.example", "din.example"), ('"><x>', "127.0.0.1:8501")])
def test_the_picture_has_a_whole_address_of_the_host_that_was_asked(host: str, address: str) -> None:
    text = served(HTMLResponse(PAGE), host=host)[1].decode()
    assert f'<meta property="og:image" content="https://{address}/lens/_din/card.png" />' in text
    assert "<x>" not in text and "a=b" not in text
