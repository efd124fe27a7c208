"""What the launcher hands to the server: the main script, and what begins before the first visitor."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.starlette import App as AsgiApp

from din_core.pages.access.gate import AccessGate
from din_core.pages.access.return_address import ReturnAddress
from din_core.pages.access.secure_cookies import SecureCookies
from din_core.pages.access.sign_in import check_settings, is_on
from din_core.pages.app.component_scripts import SCRIPTS
from din_core.pages.app.component_scripts import answer as answer_script
from din_core.pages.app.listening import OPEN, LocalOnly, check_address, closed_in_spite, is_open, run_options
from din_core.pages.app.page_head import CARD, Head, PageHead
from din_core.pages.app.response_headers import ResponseHeaders, embedding_origins
from din_core.pages.browser.protocol import HISTORY_MARK, INSPECT, SHORT_LINK, SIGNED_LINK, WHAT_IF
from din_core.pages.language.chinese_font import FONTS
from din_core.pages.language.chinese_font import answer as answer_font
from din_core.pages.monitoring.health import HEALTH
from din_core.pages.monitoring.health import answer as answer_health
from din_core.pages.monitoring.request_log import RequestLog, is_json, log_in_json
from din_core.pages.monitoring.request_metrics import METRICS, TALLY, is_measured
from din_core.pages.monitoring.request_metrics import answer as answer_metrics
from din_core.pages.monitoring.request_watch import Observer, RequestWatch
from din_core.sharing.signed_links import LinkKeysError, is_signing, link_keys

__all__ = ["MAIN", "lifespan", "middleware", "on_script_error", "routes", "run_options"]

MAIN = Path(__file__).with_name("main.py")
OPTIONS = {
    "client.showErrorDetails": "none",  # exceptions go to the log
    "runner.postScriptGC": False,  # looking through all objects after every run is most of what a run costs
    "global.minCachedMessageSize": 1000,  # bytes: a browser that has a message of that size is sent its digest alone
}
COLLECT_SECONDS = 60.0
"""Between two looks through all objects for what only refers to itself: each stops everybody, for .2 s or more."""
YOUNG = 20_000
"""Objects made before Python looks through the young ones; its own 700 are made and freed many times in a run."""
NEVER = 1_000_000_000


@asynccontextmanager
async def lifespan(_: AsgiApp) -> AsyncIterator[None]:
    """Begin opening store and models; the server answers meanwhile."""
    from din_core.domain import DinLensError
    from din_core.pages.app.allocator import keep_level
    from din_core.pages.app.failure_log import hide_passwords_of_streamlit
    from din_core.pages.app.startup import from_environment
    from din_core.pages.session import caches
    from din_core.pages.session.unsent_parts import keep_unsent_parts
    from din_core.pages.session.whole_callbacks import keep_callbacks_whole
    from din_core.pages.workers import pool

    with refusal_ends():  # before anything is answered
        check_listening()
        pool.allow()
    keep_level()
    keep_callbacks_whole()
    keep_unsent_parts()
    set_options()
    gc.set_threshold(YOUNG, 10, NEVER)  # all objects are looked through by `collect_now_and_then` alone
    hide_passwords_of_streamlit()
    with suppress(DinLensError):  # the page says so to whoever opens it
        caches.startup(*from_environment())
    collecting = asyncio.create_task(collect_now_and_then())
    yield
    collecting.cancel()
    await asyncio.to_thread(pool.POOL.close)


@contextmanager
def refusal_ends() -> Iterator[None]:
    """A SystemExit within ends the process with its sentence: the server would show its own stack, and go on."""
    try:
        yield
    except SystemExit as refused:
        print(refused, file=sys.stderr, flush=True)
        os._exit(2)


def check_listening() -> None:
    """A line where the server listens on less than it could; SystemExit where on more than it may."""
    from streamlit import config

    address = config.get_option("server.address")
    check_address(address)
    if closed_in_spite(address):
        print(
            f"  {OPEN}=1 is set, but this listens on {address} alone; add --server.address 0.0.0.0, or start by "
            "`python app.py`",
            flush=True,
        )


def set_options() -> None:
    """Streamlit's options where nobody has set them, also where `.streamlit/config.toml` of this folder is not read."""
    from streamlit import config

    for name, value in OPTIONS.items():
        if not config.is_manually_set(name):
            config.set_option(name, value)


async def collect_now_and_then() -> None:
    """Free what sessions that have ended leave behind; nothing where nobody came."""
    seen = 0
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        made = gc.get_stats()[0]["collections"]
        if made != seen:
            await asyncio.to_thread(gc.collect)
            seen = gc.get_stats()[0]["collections"]


def on_script_error(error: Exception) -> bool:
    """What becomes of an exception that a callback raises."""
    from din_core.pages.widgets.failures import show_failure

    return show_failure(error)


def routes() -> list[Route]:
    """What is answered beside the pages, below any base path."""
    return [
        Route(f"/{{base:path}}{INSPECT}", inspect),
        Route(f"/{{base:path}}{WHAT_IF}", what_if, methods=["POST"]),
        Route(f"/{{base:path}}{SCRIPTS}/{{name}}.js", answer_script),
        Route(f"/{{base:path}}{FONTS}/{{name}}.woff2", answer_font),
        Route(f"/{{base:path}}{SHORT_LINK}", short_link, methods=["POST"]),
        Route(f"/{{base:path}}{SIGNED_LINK}", signed_link, methods=["POST"]),
        Route(f"/{{base:path}}{HISTORY_MARK}", history_mark, methods=["POST"]),
        Route(f"/{{base:path}}{CARD}", card),
        Route(f"/{{base:path}}{HEALTH}", answer_health),
        Route(f"/{{base:path}}{METRICS}", answer_metrics),
    ]


def middleware() -> list[Middleware]:
    """What stands between the server and each request."""
    check_settings()
    check_link_keys()
    local = [] if is_open() else [Middleware(LocalOnly)]
    access = [Middleware(SecureCookies), Middleware(ReturnAddress), Middleware(AccessGate)] if is_on() else []
    headers = Middleware(ResponseHeaders, embedding=embedding_origins())
    observers = request_observers()
    watch = [Middleware(RequestWatch, observers=observers)] if observers else []
    return [*watch, headers, *local, *access, Middleware(PageHead, head_of=head_of)]


def check_link_keys() -> None:
    """SystemExit where there are keys for signed links that cannot be used."""
    try:
        if is_signing():
            link_keys()
    except LinkKeysError as error:
        raise SystemExit(f"error: {error}") from None


def request_observers() -> list[Observer]:
    """Who wants to know of requests, as DIN_LOG and DIN_METRICS say."""
    observers: list[Observer] = []
    if is_json():
        log_in_json()
        observers.append(RequestLog())
    if is_measured():
        observers.append(TALLY)
    return observers


def head_of(query: Mapping[str, list[str]]) -> Head:
    """What the page at these query parameters is called; imported when one is asked for."""
    from din_core.pages.app import link_head

    return link_head.head_of(query)


def inspect(request: Request) -> Response:
    """What *Inspect* asks for; imported when it does, so that the server answers at once."""
    from din_core.pages.inspect.route import answer

    return answer(request)


async def what_if(request: Request) -> Response:
    """What an edit leads to; imported when one is made."""
    from din_core.pages.what_if.route import answer

    return await answer(request)


async def short_link(request: Request) -> Response:
    """A slug for a link that is too long to be sent."""
    from din_core.pages.widgets.copy_link.route import answer

    return await answer(request)


async def signed_link(request: Request) -> Response:
    """A signature for a brief that is sent to a viewer."""
    from din_core.pages.widgets.copy_link.route import answer_signed

    return await answer_signed(request)


async def history_mark(request: Request) -> Response:
    """What a link that is copied says of the history on screen."""
    from din_core.pages.widgets.copy_link.route import answer_mark

    return await answer_mark(request)


async def card(request: Request) -> Response:
    """The picture by which chat tools show a link."""
    from din_core.pages.brief.link_card import answer

    return await answer(request)
