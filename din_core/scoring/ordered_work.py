"""Work that threads do side by side, whose results come in order. No torch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


def in_order_by(
    pool: Executor,
    ahead: int,
    compute: Callable[[Work], Result],
    work: Iterable[Work],
    stop: threading.Event | None = None,
) -> Iterator[Result]:
    """`map` that runs at most `ahead` pieces ahead; ends early once `stop` is set. Callers share the pool."""
    remaining = iter(work)
    begun: deque[Future[Result]] = deque(pool.submit(compute, piece) for piece in islice(remaining, ahead))
    try:
        while begun and not (stop and stop.is_set()):
            result = begun.popleft().result()
            begun.extend(pool.submit(compute, piece) for piece in islice(remaining, 1))
            yield result
    finally:
        for future in begun:
            future.cancel()
