"""Texts that were made once and may be asked for again soon: the newest, as many as there is room for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Shelf:
    """Safe to share between threads. A key must hold every row that its text depends on."""

    def __init__(self, room: int) -> None:
        """`room`: characters in all."""
        self._room = room
        self._used = 0
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """The text, made where it is not here. Two who ask at the same time may both make it."""
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()
        with self._lock:
            self._used += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._used > self._room and len(self._texts) > 1:
                self._used -= len(self._texts.popitem(last=False)[1])
        return text
