"""Headers on every response, and metrics for who has their key."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Message

from din_core.pages.app.first_paint import PAGE, first_paint
from din_core.pages.app.response_headers import ResponseHeaders, embedding_origins, hash_source
from tests.own_thread import in_own_thread


def answered(path: str = "/", embedding: tuple[str, ...] = (), **headers: str) -> tuple[int, Headers]:
    """Status and headers of what a request gets."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    app = ResponseHeaders(PlainTextResponse("inside"), embedding)
    in_own_thread(asyncio.run, app(scope, receive, send))
    return sent[0]["status"], Headers(raw=sent[0]["headers"])


@pytest.mark.parametrize("path", ["/", "/_stcore/metrics", "/static/x.js"])
def test_every_response_says_what_the_browser_may_do(path: str) -> None:
    _, headers = answered(path)
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"


def test_of_scripts_that_stand_in_a_page_only_those_run_that_the_served_page_has() -> None:
    policy = dict(part.split(" ", 1) for part in answered()[1]["content-security-policy"].split("; "))
    *sources, streamlit, key, language = policy["script-src"].split(" ")
    assert sources == ["'self'", "blob:", "'wasm-unsafe-eval'"]
    page = (PAGE / "index.html").read_text("utf-8") + first_paint()
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert [streamlit, key, language] == [hash_source(script) for script in inline]
    assert hash_source("alert(1)") == "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"


def test_only_named_origins_may_frame_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_EMBED", "https://wiki.example https://*.example.org:8443")
    _, headers = answered(embedding=tuple(embedding_origins()))
    assert headers["content-security-policy"].endswith(
        "frame-ancestors 'self' https://wiki.example https://*.example.org:8443"
    )


@pytest.mark.parametrize("origin", ["*", "wiki.example", "https://a.example/path", "https://a;script-src", "'none'"])
def test_what_is_no_origin_is_refused(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("DIN_EMBED", origin)
    with pytest.raises(SystemExit, match="which is no origin; write one such as"):
        embedding_origins()


def test_metrics_are_there_for_who_has_their_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIN_METRICS_KEY", raising=False)
    for path in ("/_stcore/metrics", "/base/_stcore/metrics", "/_stcore/Metrics/"):
        assert answered(path, authorization="Bearer ")[0] == 404
    monkeypatch.setenv("DIN_METRICS_KEY", "secret")
    assert answered("/_stcore/metrics")[0] == answered("/_stcore/metrics", authorization="Bearer wrong")[0] == 404
    assert answered("/_stcore/metrics", authorization="Bearer secret")[0] == 200
    assert answered("/_stcore/health")[0] == 200
