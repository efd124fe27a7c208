"""A cache that forgets what was longest unused, by the sizes of what it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class LruCache(Generic[Kept]):
    """Safe to share between threads. A key must hold every row that what is kept under it depends on."""

    def __init__(self, capacity: int, size: Callable[[Kept], int]) -> None:
        """`capacity`: the sum of sizes that it may hold."""
        self._capacity, self._size = capacity, size
        self._used = 0
        self._entries: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What is kept under the key, made where nothing is. Two who ask at the same time may both make it."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        made = make()
        with self._lock:
            if key in self._entries:
                self._used -= self._size(self._entries.pop(key))
            self._entries[key] = made
            self._used += self._size(made)
            while self._used > self._capacity and len(self._entries) > 1:
                self._used -= self._size(self._entries.popitem(last=False)[1])
        return made
