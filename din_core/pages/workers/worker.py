"""A process that answers what instruments ask, so that the app's own can run pages: `python -m` starts it.

It opens the same store and models as the app, by the same environment, and ends when the app does.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
from typing import Any

from starlette.datastructures import QueryParams

from din_core.domain import DinLensError
from din_core.pages.app.allocator import keep_level
from din_core.pages.app.failure_log import log_failure
from din_core.pages.app.startup import App, from_environment
from din_core.pages.browser.protocol import INSPECT, WHAT_IF, Payload
from din_core.pages.browser.route import made_or_none
from din_core.pages.inspect import route as inspect
from din_core.pages.session import caches, visitor
from din_core.pages.what_if import route as what_if
from din_core.pages.workers.channel import (
    ANSWERED,
    NOTHING,
    OTHER_APP,
    READY,
    read_question,
    send_answer,
)

OPENING_SECONDS = 300.0


def main() -> int:
    """Answer until the app is gone; 1 where store or models cannot be opened."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl C in a terminal reaches all: the app ends this
    channel = socket.socket(fileno=os.dup(0))
    os.dup2(2, 1)  # what a library prints belongs to the log
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # which misses a page to write to
    keep_level()
    try:
        app = caches.startup(*from_environment()).wait(OPENING_SECONDS)
    except DinLensError:  # said by the start itself
        return 1
    if app is None:
        return 1
    gc.collect()
    gc.freeze()
    send_answer(channel, READY)
    while (asked := read_question(channel)) is not None:
        kind, message = answer(app, asked)
        send_answer(channel, kind, message)
    return 0


def answer(app: App, asked: dict[str, Any]) -> tuple[bytes, bytes]:
    """What becomes of one question."""
    if asked["app"] != app.identity:
        return OTHER_APP, b""
    with visitor.as_visitor(asked["language"]):
        payload = made_or_none(lambda: reply(app, asked["route"], asked["asked"]))
    return (NOTHING, b"") if payload is None else (ANSWERED, payload.encode())


def reply(app: App, route: str, asked: Any) -> Payload | None:
    """By the page that is asked."""
    if route == INSPECT:
        return inspect.reply(app, QueryParams([(name, value) for name, value in asked]))
    if route == WHAT_IF:
        return what_if.reply(app, asked.get("link"), asked.get("actions"))
    return None


if __name__ == "__main__":
    try:
        status = main()
    except (ConnectionError, OSError):  # the app is gone
        status = 0
    except Exception as error:
        log_failure(error)
        status = 1
    sys.exit(status)
