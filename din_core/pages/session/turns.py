"""Few visitors at a time: many threads that take the interpreter from each other are slower than the same in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

TURNS = 2
"""One computes while the other waits for the database or for torch, which let others run."""
PATIENCE = 5.0
"""Seconds after which whoever waits goes on all the same: somebody before them takes longer than any page should."""

_turns = BoundedSemaphore(TURNS)


@contextmanager
def in_turn() -> Iterator[None]:
    """What is done within waits until few others are at it; for what takes a fraction of a second."""
    waited = _turns.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if waited:
            _turns.release()


@contextmanager
def turn_at_once() -> Iterator[bool]:
    """Whether nobody has to be waited for: what is done within has a turn then, and none otherwise."""
    mine = _turns.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            _turns.release()
