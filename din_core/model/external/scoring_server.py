"""A server that is sent batches, one POST each; there are no retries, no redirects and no proxy."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from socket import socket
from urllib.parse import urlsplit

from din_core.domain import ModelFailure, ServerAway
from din_core.domain.translatable import Translatable

MOST_BYTES = 2**26
"""Of an answer."""
PIECE = 2**16


@dataclass(frozen=True)
class ScoringServer:
    """Who computes a model. Safe to share between threads: each request has a connection of its own."""

    url: str
    """Of http or https."""
    timeout: float
    """Seconds from a request to the end of its answer."""
    model: str
    """The model's name for people."""
    headers: Mapping[str, str] = field(repr=False)
    """Sent with each request; they may hold a secret, so no sentence quotes them."""
    statuses: Mapping[int, Translatable] = field(default_factory=dict)
    """What is said of a status other than 200, where it has a meaning of its own."""

    def post(self, body: bytes, query: str = "") -> bytes:
        """The answer to one POST, with these parameters behind the URL's own.

        ServerAway where the server does not answer in time, ModelFailure where it answers with another status than 200
        or too much.
        """
        try:
            return self._ask(body, query)
        except TimeoutError as error:
            slow = Translatable("has not answered in {seconds:g} seconds", seconds=self.timeout)
            raise self.failure(slow, ServerAway) from error
        except (OSError, http.client.HTTPException) as error:
            away = Translatable("cannot be reached ({error})", error=str(error) or type(error).__name__)
            raise self.failure(away, ServerAway) from error

    def failure(self, what: Translatable, kind: type[ModelFailure] = ModelFailure) -> ModelFailure:
        """The error that says what the server did in the place of an answer."""
        sentence = Translatable(
            "{name} gives no scores: its server {server} {what}; see to the server, then try again",
            name=self.model,
            server=urlsplit(self.url).netloc,
            what=what,
        )
        return kind(sentence)

    def _ask(self, body: bytes, query: str) -> bytes:
        """Within the time limit from its beginning to its end."""
        parts, end = urlsplit(self.url), time.monotonic() + self.timeout
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self.timeout)
        try:
            connection.connect()
            sock = connection.sock  # an answer that ends with its connection takes it away from there
            _limit(sock, end)
            queries = "&".join(own for own in (parts.query, query) if own)
            path = (parts.path or "/") + (f"?{queries}" if queries else "")
            connection.request("POST", path, body, dict(self.headers))
            _limit(sock, end)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                plain = Translatable("answered with the status {status}", status=answer.status)
                raise self.failure(self.statuses.get(answer.status, plain))
            return self._content(answer, sock, end)
        finally:
            connection.close()

    def _content(self, answer: http.client.HTTPResponse, sock: socket, end: float) -> bytes:
        pieces, size = [], 0
        while piece := answer.read1(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise self.failure(Translatable("answered with more than {most:,} bytes", most=MOST_BYTES))
            _limit(sock, end)
        return b"".join(pieces)


def _limit(sock: socket, end: float) -> None:
    """Let the next wait end when all of the request is to."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)


def is_http_address(url: str) -> bool:
    """Whether it is a URL of http or https with a host, without user or password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port != 0
