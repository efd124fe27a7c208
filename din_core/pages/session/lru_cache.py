"""A cache that forgets what was longest unused, by the sizes of what it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class LruCache(Generic[Kept]):
    """Safe to share between threads. A key must hold every row that what lies under it depends on."""

    def __init__(self, room: int, size: Callable[[Kept], int]) -> None:
        """`room`: the sum of sizes that may lie here."""
        self._room, self._size = room, size
        self._used = 0
        self._things: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What lies under the key, made where nothing does. Two who ask at the same time may both make it."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        made = make()
        with self._lock:
            if key in self._things:
                self._used -= self._size(self._things.pop(key))
            self._things[key] = made
            self._used += self._size(made)
            while self._used > self._room and len(self._things) > 1:
                self._used -= self._size(self._things.popitem(last=False)[1])
        return made
