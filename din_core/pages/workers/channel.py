"""What app and worker process say to each other: a socket, JSON questions one way, bytes the other.

A question is a length and that many bytes of JSON. An answer is one byte that says what it is (`ANSWERED`, `NOTHING`,
`OTHER_APP`), a length and that many bytes.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

READY, ANSWERED, NOTHING, OTHER_APP = b"R", b"A", b"N", b"O"
"""The worker is there; here is the message; there is nothing to answer; it has other models or another store."""
LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class RouteQuestion:
    """What an instrument asks beside the page's runs."""

    route: str
    """Where: a path of `protocol`."""
    asked: Mapping[str, Any] | list[tuple[str, str]]
    """Query parameters in their order, or the object that was sent."""


def send_question(channel: socket.socket, question: RouteQuestion, *, language: str, app: str) -> None:
    """`app` is the digest of store and models by which the question is meant."""
    found = {"route": question.route, "asked": question.asked, "language": language, "app": app}
    text = json.dumps(found).encode()
    channel.sendall(LENGTH.pack(len(text)) + text)


def read_question(channel: socket.socket) -> dict[str, Any] | None:
    """The next one; None where nobody will ask any more."""
    head = read_exactly(channel, LENGTH.size)
    if head is None:
        return None
    text = read_exactly(channel, LENGTH.unpack(head)[0])
    if text is None:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def send_answer(channel: socket.socket, kind: bytes, message: bytes = b"") -> None:
    """One answer, whole."""
    channel.sendall(kind + LENGTH.pack(len(message)) + message)


def read_answer(channel: socket.socket) -> tuple[bytes, bytes]:
    """What it is, and the message. ConnectionError where the other side is gone, TimeoutError where it is late."""
    head = read_exactly(channel, 1 + LENGTH.size)
    message = None if head is None else read_exactly(channel, LENGTH.unpack(head[1:])[0])
    if head is None or message is None:
        raise ConnectionError("the worker process has ended")
    return head[:1], message


def read_exactly(channel: socket.socket, size: int) -> bytes | None:
    """So many bytes; None where the other side is gone before."""
    found = bytearray(size)
    view, done = memoryview(found), 0
    while done < size:
        read = channel.recv_into(view[done:])
        if not read:
            return None
        done += read
    return bytes(found)
