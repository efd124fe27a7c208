"""`_din/health`: whether the app can answer visitors, for load balancers and container platforms.

It names no path, address, user, item or model. It is answered to whoever reaches the server: behind `LocalOnly` as all
else, and without a key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from din_core.domain import DinLensError

HEALTH = "_din/health"
KEPT_SECONDS = 5.0
"""For so long the store is not asked again, however often health is."""
ANSWER_SECONDS = 2.0
"""A store that has not answered by then counts as away."""


class StoreProbe:
    """Asks a store one short question at a time, in a thread of its own. Safe to share between requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="din-lens-health")
        self._asked_at = 0.0
        self._answer: Future[None] | None = None

    def ask(self, check: Callable[[], None]) -> Future[None]:
        """What `check` comes to, begun now or within the last seconds; one that is under way is not begun twice."""
        with self._lock:
            now = self._clock()
            if self._answer is None or (self._answer.done() and now - self._asked_at >= KEPT_SECONDS):
                self._answer, self._asked_at = self._thread.submit(check), now
            return self._answer


PROBE = StoreProbe()


async def is_open(check: Callable[[], None], probe: StoreProbe = PROBE, seconds: float = ANSWER_SECONDS) -> bool:
    """Whether the store answers `check` within `seconds`."""
    asked = asyncio.wrap_future(probe.ask(check))
    try:
        await asyncio.wait_for(asyncio.shield(asked), seconds)
    except (TimeoutError, DinLensError):
        return False
    return True


async def answer(_: Request) -> Response:
    """200 where visitors are answered; 503 while the app starts, or where its start failed or its store is away."""
    from din_core.pages.app.startup import from_environment
    from din_core.pages.session import caches

    try:  # begun by the server's start: this waits for nothing
        app = caches.startup(*from_environment()).wait(0)
    except DinLensError:
        return told("failed")
    if app is None:
        return told("starting")
    return told("ok" if await is_open(app.store.check_reachable) else "store away")


def told(status: str) -> Response:
    """The answer for a status: `ok`, `starting`, `failed` or `store away`."""
    code = 200 if status == "ok" else 503
    return JSONResponse({"status": status}, code, {"Cache-Control": "no-store"})
