"""What the launcher hands to the server: the main script, and what begins before the first visitor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.starlette import App as AsgiApp

from din_core.pages.app.page_head import PageHead
from din_core.pages.browser.protocol import INSPECT, WHAT_IF

MAIN = Path(__file__).with_name("main.py")


@asynccontextmanager
async def lifespan(_: AsgiApp) -> AsyncIterator[None]:
    """Begin opening store and models; the server answers meanwhile."""
    from din_core.domain import DinLensError
    from din_core.pages.app.allocator import keep_level
    from din_core.pages.app.failure_log import hide_passwords_of_streamlit
    from din_core.pages.app.startup import from_environment
    from din_core.pages.session import caches

    keep_level()
    hide_error_details()
    hide_passwords_of_streamlit()
    with suppress(DinLensError):  # the page says so to whoever opens it
        caches.startup(*from_environment())
    yield


def hide_error_details() -> None:
    """Keep exceptions off the page, also where `.streamlit/config.toml` of this folder is not read."""
    from streamlit import config

    name = "client.showErrorDetails"
    if not config.is_manually_set(name):
        config.set_option(name, "none")


def on_script_error(error: Exception) -> bool:
    """What becomes of an exception that a callback raises."""
    from din_core.pages.widgets.failures import show_failure

    return show_failure(error)


def routes() -> list[Route]:
    """What is answered beside the pages, below any base path."""
    return [
        Route(f"/{{base:path}}{INSPECT}", inspect),
        Route(f"/{{base:path}}{WHAT_IF}", what_if, methods=["POST"]),
    ]


def middleware() -> list[Middleware]:
    """What stands between the server and each request."""
    return [Middleware(PageHead)]


def inspect(request: Request) -> Response:
    """What *Inspect* asks for; imported when it does, so that the server answers at once."""
    from din_core.pages.inspect.route import answer

    return answer(request)


async def what_if(request: Request) -> Response:
    """What an edit leads to; imported when one is made."""
    from din_core.pages.what_if.route import answer

    return await answer(request)
