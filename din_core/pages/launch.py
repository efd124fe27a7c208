"""What the launcher hands to the server: the main script, and what begins before the first visitor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from streamlit.starlette import App as AsgiApp

MAIN = Path(__file__).with_name("main.py")


@asynccontextmanager
async def lifespan(_: AsgiApp) -> AsyncIterator[None]:
    """Begin opening store and models; the server answers meanwhile."""
    from din_core.domain import DinLensError
    from din_core.pages import state
    from din_core.pages.memory import keep_level
    from din_core.pages.startup import from_environment

    keep_level()
    with suppress(DinLensError):  # the page says so to whoever opens it
        state.startup(*from_environment())
    yield
