"""A server that scores as `PlainAttention` would, and that can be told to go wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.external.answering_server import AnsweringServer

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


def scores(asked: dict[str, Any]) -> dict[str, Any]:
    """A behavior's weight is 1 where it is of the candidate's category, else .1; the logit is their sum less 1."""
    weights = [
        [1.0 if code == row["candidate"]["category"] else 0.1 for code in row["behaviors"]["category"]]
        for row in asked["rows"]
    ]
    return {"logits": [sum(own) - 1 for own in weights], "weights": weights}


def well(asked: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(scores(asked)).encode()


class ModelServer(AnsweringServer):
    """`answer` may be replaced while it runs, `asked` holds what it was sent."""

    def __init__(self) -> None:
        self.answer: Answer = well
        self.asked: list[dict[str, Any]] = []
        self.released = threading.Event()
        super().__init__(self.reply)

    def reply(self, _: BaseHTTPRequestHandler, content: bytes) -> tuple[int, bytes]:
        asked = json.loads(content)
        self.asked.append(asked)
        return self.answer(asked)

    def slow(self, _: dict[str, Any]) -> tuple[int, bytes]:
        """An answer that comes only once the test is over."""
        self.released.wait()
        return 503, b""

    def stop(self) -> None:
        self.released.set()
        super().stop()


@contextmanager
def running() -> Iterator[ModelServer]:
    server = ModelServer()
    try:
        yield server
    finally:
        server.stop()
