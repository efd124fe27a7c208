"""A server that scores as `PlainAttention` would, and that can be told to go wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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


class ModelServer:
    """On a port of its own; `answer` may be replaced while it runs, `asked` holds what it was sent."""

    def __init__(self) -> None:
        self.answer: Answer = well
        self.asked: list[dict[str, Any]] = []
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.asked.append(asked)
                status, body = owner.answer(asked)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # who asked may be gone, as after its time limit
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def slow(self, _: dict[str, Any]) -> tuple[int, bytes]:
        """An answer that comes only once the test is over."""
        self.released.wait()
        return 503, b""

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def running() -> Iterator[ModelServer]:
    server = ModelServer()
    try:
        yield server
    finally:
        server.stop()
