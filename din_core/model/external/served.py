"""A model that a server computes: a batch is one POST of JSON; there are no retries, no redirects and no proxy."""

from __future__ import annotations

import http.client
import os
import time
from socket import socket
from urllib.parse import urlsplit

from torch import Tensor, nn

from din_core.domain import CheckpointError, ModelFailure, ServerAway
from din_core.domain.translatable import Translatable
from din_core.model.config import ModelConfig
from din_core.model.external.module_batch import ModuleBatch
from din_core.model.external.options import ServedOptions
from din_core.model.external.served_json import fault_of, output_of, request_of

ALLOWED = "DIN_SERVED"
"""Names the servers that batches may be sent to: `host:port`, several with commas."""
MOST_BYTES = 2**26
"""Of an answer."""
PIECE = 2**16
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class ServedModule(nn.Module):
    """Sends each batch to the server. Safe to share between threads: each request has a connection of its own."""

    def __init__(self, options: ServedOptions, config: ModelConfig) -> None:
        """CheckpointError where the server is none of those that DIN_SERVED names."""
        super().__init__()
        self.options, self.config = options, config
        allowed = {name.strip() for name in os.environ.get(ALLOWED, "").split(",")}
        if options.server not in allowed:
            raise CheckpointError(
                "its server {server} is not among those that {setting} names, so no history is sent to it; start with"
                " {setting}={server} if it may have them",
                server=options.server,
                setting=ALLOWED,
            )

    def forward(self, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
        """(B,) logits and (B, T) weights.

        ServerAway where the server does not answer in time, ModelFailure where it answers anything else.
        """
        try:
            answer = self._ask(request_of(batch, self.config))
        except TimeoutError as error:
            slow = Translatable("has not answered in {seconds:g} seconds", seconds=self.options.timeout)
            raise self._failure(slow, ServerAway) from error
        except (OSError, http.client.HTTPException) as error:
            away = Translatable("cannot be reached ({error})", error=str(error) or type(error).__name__)
            raise self._failure(away, ServerAway) from error
        fault = fault_of(answer, batch)
        if fault is not None:
            raise self._failure(fault)
        return output_of(answer, batch)

    def _ask(self, body: bytes) -> bytes:
        """The answer to one POST, within the time limit from its beginning to its end."""
        options, parts = self.options, urlsplit(self.options.url)
        end = time.monotonic() + options.timeout
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=options.timeout)
        try:
            connection.connect()
            sock = connection.sock  # an answer that ends with its connection takes it away from there
            _limit(sock, end)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, HEADERS)
            _limit(sock, end)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise self._failure(Translatable("answered with the status {status}", status=answer.status))
            return self._content(answer, sock, end)
        finally:
            connection.close()

    def _content(self, answer: http.client.HTTPResponse, sock: socket, end: float) -> bytes:
        pieces, size = [], 0
        while piece := answer.read1(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise self._failure(Translatable("answered with more than {most:,} bytes", most=MOST_BYTES))
            _limit(sock, end)
        return b"".join(pieces)

    def _failure(self, what: Translatable, kind: type[ModelFailure] = ModelFailure) -> ModelFailure:
        sentence = Translatable(
            "{name} gives no scores: its server {server} {what}; see to the server, then try again",
            name=self.config.title,
            server=self.options.server,
            what=what,
        )
        return kind(sentence)


def _limit(sock: socket, end: float) -> None:
    """Let the next wait end when all of the request is to."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)
