"""Beside the pages nobody is answered what is not for them, whatever they write before or behind a route."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from din_core.pages.access.gate import AccessGate, may_ask
from din_core.pages.access.return_address import LONGEST, ReturnAddress, page_address
from din_core.pages.access.roles import Role
from din_core.pages.app.launch import routes
from tests.own_thread import in_own_thread
from tests.pages.access.conftest import ADA, EVE, VIC, cookie_of

ANALYSTS = (
    "_din/inspect",
    "_din/what-if",
    "_din/short-link",
    "_din/signed-link",
    "_din/history-mark",
    "_stcore/upload_file/a/b",
    "_stcore/agent/interact",
)
EVERYBODY = (
    "",
    "explain-inspect",
    "static/js/index.js",
    "static/media/a.woff2",
    "_din/script/a.js",
    "_din/font/a.woff2",
    "_din/card.png",
)
MONITORS = ("_din/health", "_din/metrics", "_stcore/health", "_stcore/host-config")


class Visitor:
    """Somebody's browser, which keeps its cookies."""

    def __init__(self, claims: dict[str, object] | None) -> None:
        inner = [Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])]
        self.app = Starlette(routes=inner, middleware=[Middleware(ReturnAddress), Middleware(AccessGate)])
        self.cookies = httpx.Cookies({} if claims is None else {"_streamlit_user": cookie_of(claims)})

    def request(self, method: str, address: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://din", cookies=self.cookies) as client:
                answer = await client.request(method, address)
                self.cookies = client.cookies
                return answer

        return in_own_thread(asyncio.run, ask())

    def get(self, address: str) -> httpx.Response:
        return self.request("GET", address)


Client = Callable[..., Visitor]


async def echo(request: Request) -> Response:
    """The address that has come through; of the end of signing in, the way to the app's own address."""
    if request.url.path.endswith("/oauth2callback"):
        return RedirectResponse("/", 302)
    address = str(request.url.replace(scheme="", netloc=""))
    return HTMLResponse(address) if "." not in address and "_" not in address else PlainTextResponse(address)


@pytest.fixture
def client(signing_in: Path) -> Client:
    """Somebody's browser; nobody's without claims."""
    return lambda claims=None: Visitor(claims)


@pytest.mark.parametrize("path", ANALYSTS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_what_asks_the_store_is_answered_to_analysts_alone(client: Client, path: str, method: str) -> None:
    assert client(ADA).request(method, f"/{path}").status_code == 200
    for somebody in (VIC, EVE, None):
        answer = client(somebody).request(method, f"/{path}")
        assert answer.status_code == 401 and answer.text.startswith("Sign in")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*EVERYBODY, *MONITORS])
def test_code_and_what_monitors_ask_is_answered_to_everybody(client: Client, path: str) -> None:
    for somebody in (ADA, VIC, EVE, None):
        assert client(somebody).get(f"/{path}").status_code == 200


def test_files_of_a_page_are_for_who_may_have_seen_one(client: Client) -> None:
    for path in ("/media/abc.html", "/base/media/abc.html", "/media/a/static/media/b"):
        found = [client(somebody).get(path).status_code for somebody in (ADA, VIC, EVE, None)]
        assert found == [200, 200, 401, 401]


@pytest.mark.parametrize(
    "path",
    [
        "/_din/inspect",
        "/base/_din/inspect",
        "/x_din/inspect",
        "/_din/health/_din/inspect",
        "/_din/inspect\n",
        "/a\n_din/inspect",
        "/_din/inspect/_din/health",
        "/_din/",
        "/_din/new-route",
        "/_stcore/new-route",
    ],
)
def test_nothing_written_before_or_behind_opens_a_route(path: str) -> None:
    assert not may_ask(None, path) and not may_ask(Role.VIEWER, path)


def test_every_route_of_the_app_is_open_on_purpose_or_closed() -> None:
    closed = {"/_din/inspect", "/_din/what-if", "/_din/short-link", "/_din/signed-link", "/_din/history-mark"}
    paths = [route.path.replace("{base:path}", "").replace("{name}", "a") for route in routes()]
    for role in (None, Role.VIEWER):
        assert {path for path in paths if not may_ask(role, path)} == closed


def test_an_address_tells_the_served_page_only_what_its_visitor_may_open(client: Client) -> None:
    address = "/explain-inspect?user=7&item=m2&view=brief&s=a&snapshot=b&signed=c&lang=zh"
    assert client(ADA).get(address).text == address
    assert client(VIC).get(address).text == "/explain-inspect?snapshot=b&signed=c&lang=zh"
    for somebody in (EVE, None):
        assert client(somebody).get(address).text == "/explain-inspect?signed=c&lang=zh"
    assert client().get("/_din/card.png?snapshot=b").text == "/_din/card.png"
    assert client().get("/auth/login?provider=x").text == "/auth/login?provider=x"


def test_who_signs_in_comes_back_to_the_link_they_had_opened(client: Client) -> None:
    browser = client()
    address = "/explain-inspect?snapshot=a%2Fb&lang=zh"
    assert "HttpOnly; SameSite=Lax" in browser.get(address).headers["set-cookie"]
    back = browser.get("/oauth2callback?code=x&state=y")
    assert (back.status_code, back.headers["location"]) == (302, address)
    assert browser.get("/oauth2callback?code=x&state=y").headers["location"] == "/"


def test_who_has_a_role_or_asks_for_no_page_leaves_nothing_behind(client: Client) -> None:
    for somebody, path in (
        (ADA, "/explain-inspect?user=7"),
        (VIC, "/explain-inspect?user=7"),
        (None, "/_din/health?a=b"),
    ):
        assert "set-cookie" not in client(somebody).get(path).headers


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "//evil.example/explain-inspect",
        "/\\evil.example/explain-inspect",
        "https://evil.example/explain-inspect",
        "javascript:alert(1)",
        "/elsewhere?user=7",
        "/explain-inspect?a=\r\nset-cookie: x",
        "/explain-inspect?a=é",
        f"/explain-inspect?a={'x' * LONGEST}",
    ],
)
def test_nobody_is_sent_anywhere_but_to_a_page_of_this_server(client: Client, address: str) -> None:
    assert page_address(address) is None


def test_pages_can_be_come_back_to() -> None:
    for address in ("/?user=7", "/explain-inspect?snapshot=a", "/base/find-cases", "/whatif?edits=drop,a;add,b"):
        assert page_address(address) == address
